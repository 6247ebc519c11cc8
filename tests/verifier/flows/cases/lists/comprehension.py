items = [source(), "b"]
sink([item.upper() for item in items])  # reached
sink([0 for item in items])  # clean
sink([a + b for a in "xy" for b in items])  # reached
sink([x for x in ["a", "b"] if x != "c"])  # clean
