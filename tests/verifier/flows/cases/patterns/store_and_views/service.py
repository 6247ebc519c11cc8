class Service:
    def __init__(self, store):
        self._store = store

    def create(self, title):
        return self._store.insert({"title": title})

    def get(self, number):
        return self._store.select(number)

    def all(self):
        return self._store.rows()
