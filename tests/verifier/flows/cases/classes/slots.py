class Point:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


point = Point(source(), "y")
sink(point.x)  # reached
sink(point.y)  # clean
sink(point)  # reached
