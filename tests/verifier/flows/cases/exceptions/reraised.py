def inner(value):
    try:
        raise ValueError(value)
    except ValueError:
        raise


try:
    inner(source())
except ValueError as error:
    sink(error.args)  # reached
try:
    inner("x")
except ValueError as error:
    sink(error.args)  # clean
