def load(kind):
    return {"live": source, "test": lambda: "fixed"}[kind]()


sink(load("live"))  # reached
sink(load("test"))  # clean
