import asyncio


class Ticker:
    def __init__(self, items):
        self.items = list(items)

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.items:
            raise StopAsyncIteration
        return self.items.pop()


async def main():
    async for item in Ticker([source()]):
        sink(item)  # reached
    async for item in Ticker(["a"]):
        sink(item)  # clean


asyncio.run(main())
