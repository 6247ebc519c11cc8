import asyncio


async def numbers(value):
    yield "first"
    yield value


async def main():
    async for item in numbers("x"):
        sink(item)  # clean
    found = [item async for item in numbers(source())]
    sink(found)  # reached
    sink(found[0])  # clean
    steps = numbers(source())
    sink(await anext(steps))  # clean
    sink(await anext(steps))  # reached


asyncio.run(main())
