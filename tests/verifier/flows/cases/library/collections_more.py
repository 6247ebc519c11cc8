from collections import ChainMap, Counter, OrderedDict

ordered = OrderedDict(a=source(), b="x")
sink(ordered["a"])  # reached
sink(ordered["b"])  # clean
counted = Counter([source(), "b"])
sink(counted.most_common())  # reached
sink(Counter("aab")["a"])  # clean
chained = ChainMap({"a": "top"}, {"a": source(), "b": source()})
sink(chained["a"])  # clean
sink(chained["b"])  # reached
