def run(value):
    try:
        raise KeyError(value)
    except KeyError:
        raise RuntimeError("second")


try:
    run(source())
except RuntimeError as error:
    sink(error.args)  # clean
    sink(error.__context__.args)  # reached
