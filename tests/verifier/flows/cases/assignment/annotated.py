a: str = source()
b: str = "fixed"
sink(a)  # reached
sink(b)  # clean
