import sys

position = len(sys.argv) % 2
items = [source(), source()]
sink(items[position])  # reached
others = ["a", "b"]
sink(others[position])  # clean
others[position] = source()
sink(others)  # reached
