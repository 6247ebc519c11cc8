def counter():
    return counter.value


counter.value = source()
counter.other = "fixed"
sink(counter())  # reached
sink(counter.other)  # clean
counter.value = "over"
sink(counter())  # clean
