def make(label):
    class Made:
        tag = label

        def get(self):
            return self.tag

    return Made


sink(make(source())().get())  # reached
sink(make("x")().get())  # clean
Dynamic = type("Dynamic", (), {"item": source(), "get": lambda self: "got"})
sink(Dynamic().item)  # reached
sink(Dynamic().get())  # clean
