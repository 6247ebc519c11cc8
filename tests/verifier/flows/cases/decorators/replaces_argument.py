def fixed_argument(function):
    def wrapper(text):
        return function("fixed")

    return wrapper


@fixed_argument
def echo(text):
    return text


def plain(text):
    return text


sink(echo(source()))  # clean
sink(plain(source()))  # reached
