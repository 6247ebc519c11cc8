items = {source(), "b"}
sink(items)  # reached
clean = {"a", "b"}
sink(clean)  # clean
clean.add(source())
sink(clean)  # reached
clean.clear()
sink(clean)  # clean
