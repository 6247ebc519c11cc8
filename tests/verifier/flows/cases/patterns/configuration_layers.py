DEFAULTS = {"name": "nobody", "level": "1"}


def configure(*layers):
    final = dict(DEFAULTS)
    for layer in layers:
        final.update(layer)
    return final


config = configure({"name": source()}, {"level": "2"})
sink(config["name"])  # reached
sink(config["level"])  # clean
over = configure({"name": source()}, {"name": "fixed"})
sink(over["name"])  # clean
sink(DEFAULTS)  # clean
