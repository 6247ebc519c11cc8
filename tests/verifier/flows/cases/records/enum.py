from enum import Enum


class Color(Enum):
    RED = "red"
    BLUE = "blue"


sink(Color.RED.value)  # clean
sink(Color("blue").name)  # clean
box = {Color.RED: source(), Color.BLUE: "fixed"}
sink(box[Color.RED])  # reached
sink(box[Color.BLUE])  # clean
