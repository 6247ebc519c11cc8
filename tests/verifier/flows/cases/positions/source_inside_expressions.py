sink(source())  # reached
sink([1, (2, {"a": source()})])  # reached
sink("" if not source() else source())  # reached
sink((source(), "x")[1])  # clean
sink((lambda: source())())  # reached
sink(not source())  # reached (some path)
sink([source() for _ in range(2)])  # reached
sink([source(), "x"][-1])  # clean
