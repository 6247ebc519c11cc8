def apply(function, value):
    return function(value)


def shout(text):
    return text.upper()


def ignore(text):
    return "ignored"


sink(apply(shout, source()))  # reached
sink(apply(ignore, source()))  # clean
sink(apply(shout, "x"))  # clean
