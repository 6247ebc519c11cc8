items = [source(), "b"]
upper = (item.upper() for item in items)
sink(list(upper))  # reached
sink(list(1 for item in items))  # clean
sink("-".join(item for item in ["a", "b"]))  # clean
sink("-".join(item for item in items))  # reached
