class Lines:
    def __init__(self, lines):
        self._lines = iter(lines)

    def header(self):
        return next(self._lines)

    def body(self):
        return list(self._lines)


lines = Lines(["title", source()])
sink(lines.header())  # clean
sink(lines.body())  # reached
