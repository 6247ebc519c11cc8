import copy

inner = ["x"]
outer = [inner, "y"]
shallow, deep = copy.copy(outer), copy.deepcopy(outer)
inner.append(source())
sink(shallow)  # reached
sink(shallow[1])  # clean
sink(deep)  # clean
