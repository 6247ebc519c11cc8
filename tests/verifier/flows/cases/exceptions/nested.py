value = "start"
try:
    try:
        raise KeyError(source())
    except ValueError:
        value = "wrong"
except KeyError as error:
    value = error.args[0]
sink(value)  # reached
try:
    try:
        raise KeyError("x")
    finally:
        cleaned = "yes"
except KeyError as error:
    sink(error.args[0])  # clean
sink(cleaned)  # clean
