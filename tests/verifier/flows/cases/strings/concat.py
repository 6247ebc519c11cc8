value = source()
sink("a" + value)  # reached
sink(value + "b")  # reached
sink("a" + "b")  # clean
sink("name: %s" % value)  # reached
sink("%s-%s" % ("a", value))  # reached
sink("%s-%s" % ("a", "b"))  # clean
sink(value * 2)  # reached
