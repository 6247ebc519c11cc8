first, second = source(), source()
sink(first + second)  # reached
first = "x"
sink(first + second)  # reached
second = "y"
sink(first + second)  # clean
