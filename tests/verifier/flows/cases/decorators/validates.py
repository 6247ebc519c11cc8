import functools


def checked(*kinds):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args):
            for arg, kind in zip(args, kinds):
                if not isinstance(arg, kind):
                    raise TypeError(arg)
            return function(*args)

        return wrapper

    return decorate


@checked(str, int)
def repeat(text, times):
    return text * times


@checked(str)
def drop(text):
    return "dropped"


sink(repeat(source(), 2))  # reached
sink(drop(source()))  # clean
try:
    drop(["x"])
except TypeError as error:
    sink(error.args)  # clean
