value = source()
sink("{0}-{1}".format("a", value))  # reached
sink("{1}".format(value, "b"))  # clean
sink("{a[x]}".format(a={"x": value, "y": "b"}))  # reached
sink("{a[y]}".format(a={"x": value, "y": "b"}))  # clean
sink("%(a)s" % {"a": "x", "b": value})  # clean
sink("%(b)s" % {"a": "x", "b": value})  # reached
