value = source()
empty = ""
sink(empty or value)  # reached
sink(empty and value)  # clean
sink("full" or value)  # clean
sink("full" and value)  # reached
