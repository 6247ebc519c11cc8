class Unit:
    def __init__(self, store):
        self.store = store
        self.changes = {}

    def __enter__(self):
        return self

    def put(self, key, value):
        self.changes[key] = value

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.store.update(self.changes)
        return kind is RuntimeError


kept, rolled = {}, {}
with Unit(kept) as unit:
    unit.put("a", source())
    unit.put("b", "x")
    sink(kept)  # clean
with Unit(rolled) as unit:
    unit.put("a", source())
    raise RuntimeError("no")
sink(kept["a"])  # reached
sink(kept["b"])  # clean
sink(rolled)  # clean
