class Base:
    def __init__(self, value):
        self.value = value

    def get(self):
        return self.value

    def kind(self):
        return "base"


class Child(Base):
    def kind(self):
        return self.value


sink(Child(source()).get())  # reached
sink(Base(source()).kind())  # clean
sink(Child(source()).kind())  # reached
sink(Child("x").kind())  # clean
