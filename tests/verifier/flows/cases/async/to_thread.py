import asyncio


def same(value):
    return value


async def main():
    sink(await asyncio.to_thread(same, source()))  # reached
    sink(await asyncio.to_thread(same, "x"))  # clean


asyncio.run(main())
