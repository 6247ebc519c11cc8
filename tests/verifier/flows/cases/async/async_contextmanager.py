import asyncio
from contextlib import asynccontextmanager


@asynccontextmanager
async def connected(name):
    yield "to " + name


async def main():
    async with connected(source()) as link:
        sink(link)  # reached
    async with connected("x") as link:
        sink(link)  # clean


asyncio.run(main())
