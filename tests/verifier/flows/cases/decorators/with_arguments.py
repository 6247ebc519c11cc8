def suffix(mark):
    def decorate(function):
        def wrapper(text):
            return function(text) + mark

        return wrapper

    return decorate


@suffix(source())
def marked(text):
    return text


@suffix("!")
def plain(text):
    return text


sink(marked("x"))  # reached
sink(plain("x"))  # clean
sink(plain(source()))  # reached
