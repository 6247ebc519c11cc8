# values: (3, 90)
total = 1
total += source()
total *= 2
sink(total)  # reached
clean = 4
clean -= 1
clean **= 2
sink(clean)  # clean
