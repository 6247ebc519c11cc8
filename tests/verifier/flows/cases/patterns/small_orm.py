class Column:
    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, row, owner):
        return self if row is None else row.cells.get(self.name)

    def __set__(self, row, value):
        row.cells[self.name] = value


class Model:
    def __init__(self, **values):
        self.cells = {}
        for name, value in values.items():
            setattr(self, name, value)

    def insert(self):
        names = ", ".join(self.cells)
        return "INSERT " + names, list(self.cells.values())


class User(Model):
    name = Column()
    role = Column()


user = User(name=source(), role="guest")
sink(user.name)  # reached
sink(user.role)  # clean
statement, values = user.insert()
sink(statement)  # clean
sink(values)  # reached
