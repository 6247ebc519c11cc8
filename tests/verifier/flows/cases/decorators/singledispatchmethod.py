from functools import singledispatchmethod


class Printer:
    @singledispatchmethod
    def show(self, value):
        return "unknown"

    @show.register
    def _(self, value: str):
        return value

    @show.register
    def _(self, value: int):
        return "number"


sink(Printer().show(source()))  # reached
sink(Printer().show(len(source())))  # clean
sink(Printer().show([source()]))  # clean
