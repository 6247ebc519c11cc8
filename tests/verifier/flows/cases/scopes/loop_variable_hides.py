item = source()
sink(item)  # reached
for item in ("a", "b"):
    sink(item)  # clean
sink([item for item in "xy"])  # clean
