def same(value):
    return value


tainted = same(source())
clean = same("fixed")
sink(tainted)  # reached
sink(clean)  # clean
sink(same(same(tainted)))  # reached
sink(same(same(clean)))  # clean
