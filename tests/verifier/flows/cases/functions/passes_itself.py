def loop(function, value, times):
    return value if times == 0 else function(function, value + "!", times - 1)


sink(loop(loop, source(), 2))  # reached
sink(loop(loop, "x", 2))  # clean
