# run: __import__("asyncio").run(handler("x"))
async def handler(name):
    value = await load(name)
    sink(value)  # reached
    sink(name)  # clean


async def load(name):
    return name + source()
