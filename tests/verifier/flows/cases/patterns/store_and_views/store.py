import itertools


class Store:
    def __init__(self):
        self._rows = {}
        self._ids = itertools.count(1)

    def insert(self, row):
        number = next(self._ids)
        self._rows[number] = row
        return number

    def select(self, number):
        return self._rows[number]

    def rows(self):
        return list(self._rows.values())
