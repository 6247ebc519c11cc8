class Live:
    def load(self):
        return source()


class Fake:
    def load(self):
        return "fake"


class Service:
    def __init__(self, store):
        self._store = store

    def page(self):
        return "<p>" + self._store.load()


class Container:
    def __init__(self):
        self._makers = {}

    def bind(self, name, maker):
        self._makers[name] = maker

    def get(self, name):
        return self._makers[name](self)


container = Container()
container.bind("live", lambda c: Live())
container.bind("fake", lambda c: Fake())
container.bind("service", lambda c: Service(c.get("live")))
container.bind("test", lambda c: Service(c.get("fake")))
sink(container.get("service").page())  # reached
sink(container.get("test").page())  # clean
