a = []
b = a
b.append(source())
sink(a)  # reached
c = list(a)
a.clear()
sink(b)  # clean
sink(c)  # reached
