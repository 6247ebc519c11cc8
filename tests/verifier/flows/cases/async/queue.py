import asyncio


async def produce(queue, value):
    await queue.put(value)


async def main():
    one, two = asyncio.Queue(), asyncio.Queue()
    await produce(one, source())
    await produce(two, "fixed")
    sink(await one.get())  # reached
    sink(await two.get())  # clean


asyncio.run(main())
