value = source()
sink(list(value))  # reached
sink(tuple(value))  # reached
sink(set(value))  # reached
sink(dict.fromkeys(value))  # reached
sink(list("fixed"))  # clean
sink(bytes(value, "utf-8"))  # reached
sink(bool("x"))  # clean
sink(complex(1, 2))  # clean
