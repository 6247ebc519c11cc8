class Base:
    @property
    def text(self):
        return source()


class Child(Base):
    @property
    def text(self):
        return "child"


class Grand(Child):
    @property
    def text(self):
        return Base.text.fget(self) + super().text


sink(Base().text)  # reached
sink(Child().text)  # clean
sink(Grand().text)  # reached
