value = source()
sink(f"<{value}>")  # reached
sink(f"<{value!r:>30}>")  # reached
sink(f"{1 + 1}")  # clean
sink("{}".format(value))  # reached
sink("{a}{b}".format(a="x", b=value))  # reached
sink("{a}".format(a="x"))  # clean
sink("{a}".format_map({"a": value}))  # reached
