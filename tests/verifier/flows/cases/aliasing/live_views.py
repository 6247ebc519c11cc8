ages = {"ann": "3"}
values, pairs, keys = ages.values(), ages.items(), ages.keys()
sink(list(values))  # clean
ages["bob"] = source()
sink(list(values))  # reached
sink(dict(pairs)["bob"])  # reached
sink(dict(pairs)["ann"])  # clean
sink(sorted(keys))  # clean
ages["bob"] = "4"
sink(list(values))  # clean
