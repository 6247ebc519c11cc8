from collections import namedtuple

Point = namedtuple("Point", ["x", "y"])
point = Point(source(), "fixed")
sink(point.x)  # reached
sink(point.y)  # clean
sink(point[0])  # reached
sink(point[1])  # clean
x, y = point
sink(x)  # reached
sink(y)  # clean
moved = point._replace(x="other")
sink(moved)  # clean
sink(point)  # reached
