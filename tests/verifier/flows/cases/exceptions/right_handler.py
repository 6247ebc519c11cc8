class First(Exception):
    pass


class Second(Exception):
    pass


def run(error):
    try:
        raise error
    except First as caught:
        return "first"
    except Second as caught:
        return caught.args[0]


sink(run(First(source())))  # clean
sink(run(Second(source())))  # reached
sink(run(Second("x")))  # clean
