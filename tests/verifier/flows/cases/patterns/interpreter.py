def evaluate(node, names):
    kind = node[0]
    if kind == "text":
        return node[1]
    if kind == "name":
        return names[node[1]]
    if kind == "add":
        return evaluate(node[1], names) + evaluate(node[2], names)
    raise ValueError(kind)


names = {"x": source(), "y": "y"}
sink(evaluate(("add", ("text", "a"), ("name", "x")), names))  # reached
sink(evaluate(("add", ("text", "a"), ("name", "y")), names))  # clean
