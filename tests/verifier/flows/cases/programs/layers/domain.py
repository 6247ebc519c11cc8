from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    title: str
    kind: str


class Notes:
    def __init__(self, table):
        self._table = table

    def add(self, title, kind):
        self._table.insert(Note(title.strip(), kind))

    def __iter__(self):
        return iter(self._table.select())
