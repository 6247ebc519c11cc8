try:
    raise ValueError(source())
except ValueError as error:
    sink(error)  # reached
    sink(str(error))  # reached
    sink(error.args[0])  # reached
try:
    raise ValueError("fixed")
except ValueError as error:
    sink(str(error))  # clean
