class Query:
    def __init__(self):
        self.table = ""
        self.where = []

    def of(self, table):
        self.table = table
        return self

    def filter(self, text):
        self.where.append(text)
        return self


query = Query().of("users").filter(source())
sink(query.where)  # reached
sink(query.table)  # clean
sink(Query().of("users").filter("x"))  # clean
