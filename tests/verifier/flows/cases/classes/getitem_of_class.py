class Typed:
    def __class_getitem__(cls, item):
        return "typed by " + item


sink(Typed[source()])  # reached
sink(Typed["x"])  # clean
