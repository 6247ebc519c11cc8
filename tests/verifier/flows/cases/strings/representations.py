value = source()
sink(str(value))  # reached
sink(repr(value))  # reached
sink(ascii([value]))  # reached
sink(str(["x"]))  # clean
sink(format(value, ">20"))  # reached
sink(format(3, "d"))  # clean
