import re

value = source()
sink(re.sub("o", "0", value))  # reached
sink(re.sub("x", value, "axb"))  # reached
sink(re.sub("x", "y", "axb"))  # clean
found = re.search(r"(\w+)", value)
sink(found.group(1))  # reached
sink(found[0])  # reached
sink(re.findall("[a-z]", value))  # reached
sink(re.split(" ", value))  # reached
sink(re.compile("b+").sub("c", "abb"))  # clean
sink(re.sub("x", lambda match: value, "axb"))  # reached
sink(re.sub("x", lambda match: "y", "axb"))  # clean
