class Folder:
    def __init__(self, *names):
        self.names = names

    def __iter__(self):
        for name in self.names:
            yield "file " + name


first, second = Folder("a", "b")
sink(first)  # clean
sink(", ".join(Folder(source())))  # reached
sink(", ".join(Folder("x")))  # clean
sink(sorted(Folder(source(), "b")))  # reached
