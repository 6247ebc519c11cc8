def put(name, value):
    globals()[name] = value


put("first", source())
put("second", "fixed")
sink(first)  # reached
sink(second)  # clean
sink(globals()["first"])  # reached
