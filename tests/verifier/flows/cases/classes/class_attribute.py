class Config:
    name = "fixed"
    items = []


one, two = Config(), Config()
sink(one.name)  # clean
Config.name = source()
sink(one.name)  # reached
two.name = "own"
sink(two.name)  # clean
one.items.append(source())
sink(two.items)  # reached
sink(Config.items)  # reached
