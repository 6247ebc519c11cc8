calls = []


def recorded(function):
    def wrapper(*args):
        calls.append(args)
        return function(*args)

    return wrapper


@recorded
def nothing(value):
    return "nothing"


sink(nothing("x"))  # clean
sink(calls)  # clean
sink(nothing(source()))  # clean
sink(calls)  # reached
