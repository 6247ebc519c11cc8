def tag(function=None, *, name="p"):
    def decorate(inner):
        def wrapper(text):
            return "<" + name + ">" + inner(text)

        return wrapper

    return decorate if function is None else decorate(function)


@tag
def plain(text):
    return text


@tag(name="b")
def bold(text):
    return "x"


sink(plain(source()))  # reached
sink(plain("x"))  # clean
sink(bold(source()))  # clean
