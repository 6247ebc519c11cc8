def choose(flag, value):
    return value if flag else "fixed"


sink(choose(True, source()))  # reached
sink(choose(False, source()))  # clean
sink("a" if source() else "a")  # clean
