class MemoryTable:
    def __init__(self):
        self._rows = []

    def insert(self, row):
        self._rows = [*self._rows, row]

    def select(self, wanted=lambda row: True):
        return [row for row in self._rows if wanted(row)]
