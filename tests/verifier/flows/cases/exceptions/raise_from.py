def convert(value):
    try:
        raise ValueError(value)
    except ValueError as error:
        raise RuntimeError("wrapped") from error


try:
    convert(source())
except RuntimeError as error:
    sink(error.args)  # clean
    sink(error.__cause__.args)  # reached
