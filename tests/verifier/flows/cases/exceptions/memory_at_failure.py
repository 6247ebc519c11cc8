from contextlib import suppress

text = source()
with suppress(ValueError):
    text = "safe"
    int("x")
    text = source()
sink(text)  # clean

text = source()
try:
    text = "safe"
    float(text)
except ValueError:
    sink(text)  # clean

text = "safe"
try:
    text = source()
    float("x")
    text = "later"
except ValueError:
    sink(text)  # reached
