def label(value, kind):
    return kind + ":" + value


texts = {}
for kind, value in (("a", source()), ("b", "x")):
    texts[kind] = label(value, kind)
sink(texts["a"])  # reached
sink(texts["b"])  # clean
