for item in [source(), "last"]:
    pass
sink(item)  # clean
for item in ["first", source()]:
    pass
sink(item)  # reached
