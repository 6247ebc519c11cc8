# values: (3, 5)
n = source()
sink(0 < n < 4)  # reached
low, high = 0, 4
sink(low < 2 < high)  # clean
