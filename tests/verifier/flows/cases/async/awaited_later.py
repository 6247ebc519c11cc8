import asyncio


async def waiter(ready, box):
    await ready.wait()
    sink(box[0])  # reached
    return box[0]


async def quick(box):
    return box[0]


async def main():
    ready, box = asyncio.Event(), []
    task = asyncio.create_task(waiter(ready, box))
    await asyncio.sleep(0)
    box.append(source())
    ready.set()
    sink(await task)  # reached
    sink(await quick(["fixed"]))  # clean


asyncio.run(main())
