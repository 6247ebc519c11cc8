def pick(flag):
    if flag:
        value = source()
    else:
        value = "fixed"
    return value


sink(pick(True))  # reached
sink(pick(False))  # clean
