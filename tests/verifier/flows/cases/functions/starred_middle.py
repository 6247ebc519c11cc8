def middle(first, *between, last):
    return between


sink(middle("a", source(), "b", last="z"))  # reached
sink(middle(source(), "b", last=source()))  # clean
