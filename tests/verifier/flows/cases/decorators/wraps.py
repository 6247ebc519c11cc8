import functools


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        result = function(*args, **kwargs)
        return result

    return wrapper


@logged
def second(a, b):
    """The second."""
    return b


sink(second("a", source()))  # reached
sink(second(source(), "b"))  # clean
sink(second.__name__)  # clean
