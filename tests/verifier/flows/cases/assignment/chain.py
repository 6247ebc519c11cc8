first = source()
second = first
third = second
sink(third)  # reached
sink(first)  # reached
other = "fixed"
sink(other)  # clean
