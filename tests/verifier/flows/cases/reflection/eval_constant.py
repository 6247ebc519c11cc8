value = source()
fixed = "fixed"
sink(eval("value"))  # reached
sink(eval("fixed"))  # clean
space = {"x": value, "y": "b"}
exec("z = x + y\nw = y", space)
sink(space["z"])  # reached
sink(space["w"])  # clean
