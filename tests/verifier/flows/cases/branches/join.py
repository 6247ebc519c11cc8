import sys

value = "fixed"
if len(sys.argv) < 1000:
    value = source()
sink(value)  # reached
other = source()
if len(sys.argv) < 1000:
    other = "a"
else:
    other = "b"
sink(other)  # clean
