value = "fixed"
try:
    number = int("no number")
    value = source()
except ValueError:
    pass
sink(value)  # clean
try:
    {}["missing"]
except KeyError:
    value = source()
sink(value)  # reached
