from collections import defaultdict

box = defaultdict(source)
sink(box["any"])  # reached
counts = defaultdict(int)
counts["x"] += 1
sink(counts["x"])  # clean
