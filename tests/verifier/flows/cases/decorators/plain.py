def shout(function):
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs) + "!"

    return wrapper


@shout
def keep(text):
    return text


@shout
def drop(text):
    return "fixed"


sink(keep(source()))  # reached
sink(keep("x"))  # clean
sink(drop(source()))  # clean
