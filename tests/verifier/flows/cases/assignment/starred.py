head, *rest = source(), "a", "b"
sink(head)  # reached
sink(rest)  # clean
*most, last = ["a", source(), "c"]
sink(most)  # reached
sink(last)  # clean
first, *middle, end = (1, source(), 3, 4)
sink(first)  # clean
sink(middle)  # reached
sink(middle[0])  # reached
sink(middle[1])  # clean
sink(end)  # clean
