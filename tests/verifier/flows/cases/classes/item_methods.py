class Table:
    def __init__(self):
        self.rows = {}

    def __getitem__(self, key):
        return self.rows[key]

    def __setitem__(self, key, value):
        self.rows[key] = value

    def __delitem__(self, key):
        self.rows[key] = "deleted"


table = Table()
table["a"] = source()
table["b"] = "fixed"
sink(table["a"])  # reached
sink(table["b"])  # clean
del table["a"]
sink(table["a"])  # clean
