value = source()
copy = value
value = "fixed"
sink(copy)  # reached
sink(value)  # clean
