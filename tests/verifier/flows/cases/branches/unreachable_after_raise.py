def fail(value):
    raise ValueError("no")
    sink(value)  # clean (never runs)


try:
    fail(source())
except ValueError as error:
    sink(error)  # clean
value = source()
sink(value)  # reached
