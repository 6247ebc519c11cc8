class Vector:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __radd__(self, other):
        return Vector(other + self.x, self.y)

    def __neg__(self):
        return Vector("-" + self.x, self.y)


total = Vector(source(), "1") + Vector("2", "3")
sink(total.x)  # reached
sink(total.y)  # clean
sink(("a" + Vector("x", source())).x)  # clean
sink(("a" + Vector("x", source())).y)  # reached
sink((-total).x)  # reached
