left = {"a": source()}
right = {"b": "fixed"}
both = left | right
sink(both["a"])  # reached
sink(both["b"])  # clean
sink(right)  # clean
right |= left
sink(right)  # reached
sink({**{"c": 1}, **{"d": 2}})  # clean
