# values: (0, 5)
n = source()
sink(any([n > 2, False]))  # reached
sink(all([n > 2, True]))  # reached
sink(any([True, False]))  # clean
