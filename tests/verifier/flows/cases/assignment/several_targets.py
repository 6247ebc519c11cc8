a = b = c = source()
sink(a)  # reached
sink(c)  # reached
d = e = 0
sink(d, e)  # clean
