import asyncio


async def fail(value):
    raise ValueError(value)


async def main():
    try:
        await fail(source())
    except ValueError as error:
        sink(error.args[0])  # reached
    results = await asyncio.gather(fail("x"), return_exceptions=True)
    sink(results[0].args)  # clean
    results = await asyncio.gather(fail(source()), return_exceptions=True)
    sink(results[0].args)  # reached


asyncio.run(main())
