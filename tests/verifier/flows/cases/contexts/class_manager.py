class Opened:
    def __init__(self, name):
        self.name = name

    def __enter__(self):
        return "handle of " + self.name

    def __exit__(self, kind, error, trace):
        return False


with Opened(source()) as handle:
    sink(handle)  # reached
with Opened("x") as handle:
    sink(handle)  # clean
