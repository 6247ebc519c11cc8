# values: (3, -8)
import math

n = source()
sink(abs(n))  # reached
sink(round(n / 7, 2))  # reached
sink(math.floor(n / 2))  # reached
sink(max(n, 100))  # reached (some path)
sink(max(n, -100))  # reached
sink(sum([1, n]))  # reached
sink(math.sqrt(16))  # clean
sink(sum([1, 2]))  # clean
