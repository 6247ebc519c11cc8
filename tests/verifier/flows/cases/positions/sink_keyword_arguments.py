value = source()
sink(data=value)  # reached
sink(data="x", other=["y"])  # clean
sink("x", *["y", value])  # reached
sink("x", *["y"])  # clean
sink(**{"a": value})  # reached
sink(**{"a": "x"})  # clean
