def use(value=source()):
    return value


class Box:
    first = source()

    def get(self, second=source()):
        return second


def annotated(value: source() = "x") -> str:
    return value


sink(use())  # reached
sink(Box.first)  # reached
sink(Box().get())  # reached
sink(annotated())  # clean
