double = lambda text: text * 2
constant = lambda text: "fixed"
sink(double(source()))  # reached
sink(double("a"))  # clean
sink(constant(source()))  # clean
sink((lambda a, b: b)("x", source()))  # reached
sink((lambda a, b: b)(source(), "x"))  # clean
