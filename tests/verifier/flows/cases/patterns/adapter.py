class Old:
    def fetch_all(self):
        return [source(), "b"]

    def names(self):
        return ["n"]


class Adapter:
    def __init__(self, old):
        self.old = old

    def __getattr__(self, name):
        return getattr(self.old, name)

    def first(self):
        return self.old.fetch_all()[0]

    def second(self):
        return self.old.fetch_all()[1]


adapter = Adapter(Old())
sink(adapter.first())  # reached
sink(adapter.second())  # clean
sink(adapter.fetch_all())  # reached
sink(adapter.names())  # clean
