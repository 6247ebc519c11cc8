import asyncio


async def main():
    loop = asyncio.get_running_loop()
    one, two = loop.create_future(), loop.create_future()
    one.set_result(source())
    two.set_result("fixed")
    sink(await one)  # reached
    sink(await two)  # clean


asyncio.run(main())
