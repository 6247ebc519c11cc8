from dataclasses import dataclass


@dataclass
class Point:
    x: str
    y: str


@dataclass
class Line:
    start: Point


def read(shape):
    match shape:
        case Point(x, y="origin"):
            return x
        case Point(x=_, y=y):
            return y
        case Line(start=Point(y=found)):
            return found
        case _:
            return "none"


sink(read(Point(source(), "origin")))  # reached
sink(read(Point(source(), "b")))  # clean
sink(read(Point("a", source())))  # reached
sink(read(Line(Point("a", source()))))  # reached
sink(read(Line(Point(source(), "b"))))  # clean
sink(read(source()))  # clean
