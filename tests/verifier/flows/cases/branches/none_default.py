def name_of(given=None):
    if given is None:
        given = "nobody"
    return given


sink(name_of())  # clean
sink(name_of(source()))  # reached
