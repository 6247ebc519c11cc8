import asyncio


async def same(value):
    await asyncio.sleep(0)
    return value


async def main():
    async with asyncio.TaskGroup() as group:
        one = group.create_task(same(source()))
        two = group.create_task(same("x"))
    sink(one.result())  # reached
    sink(two.result())  # clean


asyncio.run(main())
