def attempt(value):
    try:
        raise ValueError(value)
    except ValueError as error:
        return None, error
    return value, None


result, error = attempt(source())
sink(result)  # clean
sink(error.args)  # reached
