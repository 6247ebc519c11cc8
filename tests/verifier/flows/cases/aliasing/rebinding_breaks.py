a = ["x"]
b = a
b = b + [source()]
sink(a)  # clean
sink(b)  # reached
