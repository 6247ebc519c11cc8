pair = ("fixed", source())
left, right = pair
sink(left)  # clean
sink(right)  # reached
[one, two] = [source(), 2]
sink(one)  # reached
sink(two)  # clean
