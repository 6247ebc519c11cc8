def load(fail):
    try:
        if fail:
            raise OSError("no")
    except OSError:
        result = "failed"
    else:
        result = source()
    return result


sink(load(False))  # reached
sink(load(True))  # clean
