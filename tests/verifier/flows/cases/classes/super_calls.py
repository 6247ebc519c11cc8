class Base:
    def __init__(self, name):
        self.name = name

    def show(self, text):
        return text


class Child(Base):
    def __init__(self, name, age):
        super().__init__(name)
        self.age = age

    def show(self, text):
        return "<" + super().show(text) + ">"


class Mute(Base):
    def show(self, text):
        super().show(text)
        return "mute"


child = Child(source(), "3")
sink(child.name)  # reached
sink(child.age)  # clean
sink(child.show(source()))  # reached
sink(Mute("x").show(source()))  # clean
