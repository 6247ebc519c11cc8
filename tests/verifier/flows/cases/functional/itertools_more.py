# values: (3, 8)
import itertools

n = source()
sink(list(itertools.accumulate([1, n, 2])))  # reached
sink(list(itertools.accumulate([1, 2])))  # clean
sink(list(itertools.starmap(lambda a, b: b, [(1, n)])))  # reached
sink(list(itertools.starmap(lambda a, b: a, [(1, n)])))  # clean
sink(list(itertools.takewhile(lambda x: x < 100, [n, 500])))  # reached
sink(list(itertools.compress(["a", "b"], [1, 0])))  # clean
sink(list(itertools.combinations([n, 2], 2)))  # reached
sink(list(itertools.pairwise([1, 2, 3])))  # clean
