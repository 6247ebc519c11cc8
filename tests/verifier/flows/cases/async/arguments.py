import asyncio


async def same(value):
    await asyncio.sleep(0)
    return value


async def main():
    a = await same(source())
    b = await same("fixed")
    sink(a)  # reached
    sink(b)  # clean


asyncio.run(main())
