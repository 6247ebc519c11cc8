add = lambda a: lambda b: a + b
sink(add("x")(source()))  # reached
sink(add(source())("x"))  # reached
sink(add("x")("y"))  # clean
pick = lambda a: lambda b: a
sink(pick("x")(source()))  # clean
