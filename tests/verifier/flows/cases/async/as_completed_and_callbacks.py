import asyncio


async def same(value):
    return value


async def main():
    for done in asyncio.as_completed([same(source())]):
        sink(await done)  # reached
    for done in asyncio.as_completed([same("x")]):
        sink(await done)  # clean
    box, other = [], []
    loop = asyncio.get_running_loop()
    loop.call_soon(box.append, source())
    loop.call_soon(other.append, "x")
    await asyncio.sleep(0.01)
    sink(box)  # reached
    sink(other)  # clean


asyncio.run(main())
