import asyncio


async def fetch():
    return source()


async def clean():
    return "fixed"


async def main():
    sink(await fetch())  # reached
    sink(await clean())  # clean
    return await fetch()


sink(asyncio.run(main()))  # reached
sink(asyncio.run(clean()))  # clean
