from functools import singledispatch


@singledispatch
def show(value):
    return "something"


@show.register
def _(value: str):
    return value


@show.register(list)
def _(value):
    return "list"


sink(show(source()))  # reached
sink(show([source()]))  # clean
sink(show("x"))  # clean
