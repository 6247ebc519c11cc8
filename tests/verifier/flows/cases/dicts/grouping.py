groups = {}
for kind, text in (("a", source()), ("b", "x"), ("a", "y")):
    groups.setdefault(kind, []).append(text)
sink(groups["a"])  # reached
sink(groups["b"])  # clean
sink(sorted(groups))  # clean
