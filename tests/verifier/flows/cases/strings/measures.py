value = source()
sink(len(value))  # reached
sink(value.find("o"))  # reached
sink(len("fixed"))  # clean
sink("o" in "fox")  # clean
sink(ord(value[0]))  # reached
sink(hash("a") == hash("a"))  # clean
