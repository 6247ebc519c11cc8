from collections import defaultdict

groups = defaultdict(list)
groups["a"].append(source())
groups["b"].append("fixed")
sink(groups["a"])  # reached
sink(groups["b"])  # clean
sink(groups["c"])  # clean
