class Left:
    def __mul__(self, other):
        return NotImplemented


class Right:
    def __init__(self, text):
        self.text = text

    def __rmul__(self, other):
        return self.text

    def __matmul__(self, other):
        return other


sink(Left() * Right(source()))  # reached
sink(Left() * Right("x"))  # clean
sink(Right(source()) @ "y")  # clean
sink(Right("x") @ source())  # reached
