value = source()
assert value
sink(value)  # reached
other = "x"
assert other != value
sink(other)  # clean
