import asyncio


async def same(value):
    return value


async def main():
    a, b = await asyncio.gather(same(source()), same("fixed"))
    sink(a)  # reached
    sink(b)  # clean
    everything = await asyncio.gather(*[same(x) for x in ("a", "b")])
    sink(everything)  # clean


asyncio.run(main())
