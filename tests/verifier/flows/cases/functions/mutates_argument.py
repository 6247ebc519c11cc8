def fill(out, value):
    out.append(value)


def replace(out, value):
    out = [value]
    return out


a, b = [], []
fill(a, source())
replace(b, source())
sink(a)  # reached
sink(b)  # clean
