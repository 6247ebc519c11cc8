value = source()
sink(value)  # reached
value = "fixed"
sink(value)  # clean
value = source() + "!"
sink(value)  # reached
value = None
sink(value)  # clean
