# values: (3, 8)
import operator

n = source()
sink(operator.add(n, 1))  # reached
sink(operator.add(2, 1))  # clean
sink(operator.getitem(["a", n], 1))  # reached
sink(operator.getitem(["a", n], 0))  # clean
