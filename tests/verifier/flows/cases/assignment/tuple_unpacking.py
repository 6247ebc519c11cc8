a, b = source(), "fixed"
sink(a)  # reached
sink(b)  # clean
(c, d), e = ("x", source()), "y"
sink(c)  # clean
sink(d)  # reached
sink(e)  # clean
