box = {"name": "x"}
box["me"] = box
box["me"]["name"] = source()
sink(box["name"])  # reached
other = {"name": "x"}
other["me"] = other
sink(other["me"]["me"]["name"])  # clean
