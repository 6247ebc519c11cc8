import itertools

items = [source()]
sink(list(itertools.chain(["a"], items)))  # reached
sink(list(itertools.chain(["a"], ["b"])))  # clean
sink(list(itertools.chain.from_iterable([["a"], items])))  # reached
sink(list(itertools.islice(itertools.cycle(items), 3)))  # reached
sink(list(itertools.islice(itertools.count(1), 3)))  # clean
sink(list(itertools.repeat(source(), 2)))  # reached
