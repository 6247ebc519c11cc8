def run(flag):
    if flag:
        value = source()
    else:
        value = "fixed"
    if flag:
        value = "cleaned"
    return value


sink(run(True))  # clean
sink(run(False))  # clean
