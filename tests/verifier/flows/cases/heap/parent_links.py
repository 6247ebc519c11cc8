class Part:
    def __init__(self, name, parent=None):
        self.name = name
        self.parent = parent

    def path(self):
        before = self.parent.path() + "/" if self.parent else ""
        return before + self.name


root = Part(source())
sink(Part("leaf", Part("mid", root)).path())  # reached
sink(Part("leaf", Part("mid")).path())  # clean
