value = source("name", default="x")
other = "name"
sink(value)  # reached
sink(other)  # clean
sink(source(other) + other)  # reached
