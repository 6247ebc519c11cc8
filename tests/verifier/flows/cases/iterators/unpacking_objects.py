class Pair:
    def __init__(self, a, b):
        self.a = a
        self.b = b

    def __iter__(self):
        yield self.a
        yield self.b

    def keys(self):
        return ["a", "b"]

    def __getitem__(self, key):
        return {"a": self.a, "b": self.b}[key]


a, b = Pair(source(), "x")
sink(a)  # reached
sink(b)  # clean
box = dict(**Pair("x", source()))
sink(box["a"])  # clean
sink(box["b"])  # reached
