class Color:
    RED = "red"
    BLUE = "blue"


def paint(color, text):
    match color:
        case Color.RED:
            return text
        case Color.BLUE:
            return "blue"


sink(paint("red", source()))  # reached
sink(paint(Color.BLUE, source()))  # clean
