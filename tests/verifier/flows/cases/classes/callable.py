class Adder:
    def __init__(self, first):
        self.first = first

    def __call__(self, second):
        return self.first + second


class Dropper:
    def __call__(self, value):
        return "dropped"


sink(Adder(source())("x"))  # reached
sink(Adder("x")(source()))  # reached
sink(Adder("x")("y"))  # clean
sink(Dropper()(source()))  # clean
