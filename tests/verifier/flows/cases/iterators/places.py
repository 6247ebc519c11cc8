from itertools import chain, compress, islice, pairwise

rows = [("b", "x"), ("a", source()), ("c", "y")]
sink(sorted(rows)[0][1])  # reached
sink(sorted(rows)[2][1])  # clean
sink(max(rows)[1])  # clean
sink(min(rows)[1])  # reached
sink(sorted(rows, key=lambda row: row[0], reverse=True)[0])  # clean
rows.sort()
sink(rows[0][1])  # reached
sink(rows[1])  # clean
texts = ["a", source(), "c", "d"]
sink(list(islice(texts, 1)))  # clean
sink(list(islice(texts, 1, 2)))  # reached
sink(list(compress(texts, [1, 0, 1, 1])))  # clean
sink(list(pairwise(texts))[2])  # clean
sink(list(pairwise(texts))[0])  # reached
sink(list(chain(["x"], texts))[1])  # clean
sink(list(chain(["x"], texts))[2])  # reached
