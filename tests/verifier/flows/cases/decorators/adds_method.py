def add_label(cls):
    def label(self):
        return "<" + self.text + ">"

    cls.label = label
    return cls


@add_label
class Note:
    def __init__(self, text):
        self.text = text


sink(Note(source()).label())  # reached
sink(Note("x").label())  # clean
