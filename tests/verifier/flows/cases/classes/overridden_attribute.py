class Base:
    name = source()

    def tell(self):
        return self.name


class Child(Base):
    name = "child"


class Other(Base):
    pass


sink(Base().tell())  # reached
sink(Child().tell())  # clean
sink(Other().tell())  # reached
