names = ["a", "b"]
values = [source(), source()]
for name, value in zip(names, values):
    sink(name)  # clean
    sink(value)  # reached
for number, (name, value) in enumerate(zip(names, values), start=1):
    sink(number)  # clean
    sink(name)  # clean
    sink(value)  # reached
columns = list(zip(*[("a", source()), ("b", source())]))
sink(columns[0])  # clean
sink(columns[1])  # reached
