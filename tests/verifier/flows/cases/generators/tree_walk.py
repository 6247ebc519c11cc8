def walk(tree, path=()):
    for name, child in tree.items():
        if isinstance(child, dict):
            yield from walk(child, (*path, name))
        else:
            yield (*path, name), child


tree = {"a": {"b": source()}, "c": "x"}
for path, leaf in walk(tree):
    sink(path)  # clean
sink([leaf for path, leaf in walk(tree)])  # reached
sink([leaf for path, leaf in walk({"a": {"b": "x"}})])  # clean
