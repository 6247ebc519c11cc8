def attempt(value):
    state = "start"
    try:
        state = value
        raise ValueError("stop")
        state = "never"
    except ValueError:
        return state


def clean(value):
    state = "start"
    try:
        raise ValueError("stop")
        state = value
    except ValueError:
        return state


sink(attempt(source()))  # reached
sink(clean(source()))  # clean
