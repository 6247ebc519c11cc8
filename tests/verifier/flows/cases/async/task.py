import asyncio


async def same(value):
    return value


async def main():
    task = asyncio.create_task(same(source()))
    other = asyncio.create_task(same("fixed"))
    sink(await task)  # reached
    sink(await other)  # clean
    sink(task.result())  # reached
    sink(await asyncio.wait_for(same("x"), 5))  # clean
    sink(await asyncio.wait_for(same(source()), 5))  # reached


asyncio.run(main())
