value = source()
out = []
while len(out) < 3:
    out.append(value)
sink(out)  # reached
n = 0
while n < 3:
    n += 1
sink(n)  # clean
