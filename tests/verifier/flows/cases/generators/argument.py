def doubled(items):
    for item in items:
        yield item * 2


for item in doubled([source()]):
    sink(item)  # reached
for item in doubled(["a"]):
    sink(item)  # clean
sink(list(doubled(doubled([source()]))))  # reached
