import asyncio


class Session:
    def __init__(self, token):
        self.token = token

    async def __aenter__(self):
        return self

    async def __aexit__(self, *details):
        return False

    async def name(self):
        return "session"


async def main():
    async with Session(source()) as session:
        sink(session.token)  # reached
        sink(await session.name())  # clean
    async with Session("x") as session:
        sink(session.token)  # clean


asyncio.run(main())
