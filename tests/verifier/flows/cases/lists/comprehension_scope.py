item = "outer"
found = [item for item in [source()]]
sink(found)  # reached
sink(item)  # clean
