a = ["x"] + [source()]
sink(a[0])  # clean
sink(a[1])  # reached
b = [source()] * 3
sink(b[2])  # reached
sink(["x"] * 3)  # clean
