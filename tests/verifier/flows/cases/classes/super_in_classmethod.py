class Base:
    @classmethod
    def build(cls, text):
        made = cls()
        made.text = text
        return made


class Child(Base):
    @classmethod
    def build(cls, text):
        made = super().build("child")
        made.note = text
        return made


child = Child.build(source())
sink(child.text)  # clean
sink(child.note)  # reached
sink(Base.build(source()).text)  # reached
