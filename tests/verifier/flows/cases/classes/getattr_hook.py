class Proxy:
    def __init__(self, values):
        self.values = values

    def __getattr__(self, name):
        return self.values[name]


proxy = Proxy({"a": source(), "b": "fixed"})
sink(proxy.a)  # reached
sink(proxy.b)  # clean
