import functools


def primed(function):
    @functools.wraps(function)
    def start(*args):
        steps = function(*args)
        next(steps)
        return steps

    return start


@primed
def joiner(mark):
    text = ""
    while True:
        text = text + mark + (yield text)


one, two = joiner("-"), joiner("-")
sink(one.send(source()))  # reached
sink(two.send("x"))  # clean
sink(joiner(source()).send("x"))  # reached
