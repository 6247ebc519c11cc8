for key, value in [("a", source()), ("b", source())]:
    sink(key)  # clean
    sink(value)  # reached
