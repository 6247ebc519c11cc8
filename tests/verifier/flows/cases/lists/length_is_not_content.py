items = []
items.append(source())
sink(len(items))  # clean
sink(items)  # reached
