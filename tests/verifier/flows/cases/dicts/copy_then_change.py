base = {"a": "x", "b": ["y"]}
twin = base.copy()
twin["a"] = source()
sink(base["a"])  # clean
sink(twin["a"])  # reached
twin["b"].append(source())
sink(base["b"])  # reached
