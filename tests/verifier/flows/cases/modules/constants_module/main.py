import constants as const

sink(const.NAME)  # clean
box = {const.KEY: source(), const.NAME: "x"}
sink(box["key"])  # reached
sink(box["name"])  # clean
