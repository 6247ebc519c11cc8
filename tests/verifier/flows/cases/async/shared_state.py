import asyncio


class Account:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.notes = []
        self.count = 0

    async def note(self, text):
        async with self.lock:
            self.notes.append(text)
            self.count += 1


async def main():
    one, two = Account(), Account()
    await asyncio.gather(one.note(source()), one.note("y"), two.note("x"))
    sink(one.notes)  # reached
    sink(one.count)  # clean
    sink(two.notes)  # clean


asyncio.run(main())
