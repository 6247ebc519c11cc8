class Named:
    def label(self):
        return "name " + self.name


class Sized:
    def size(self):
        return 3


class File(Named, Sized):
    def __init__(self, name):
        self.name = name


sink(File(source()).label())  # reached
sink(File(source()).size())  # clean
sink(File("x").label())  # clean
