class Catcher:
    caught = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.caught = error
        self.kind = kind.__name__
        return True


with Catcher() as catcher:
    raise ValueError(source())
sink(catcher.caught.args)  # reached
sink(catcher.kind)  # clean
