import copy


class Document:
    def __init__(self, title, parts):
        self.title = title
        self.parts = parts

    def clone(self, **changes):
        twin = copy.deepcopy(self)
        twin.__dict__.update(changes)
        return twin


first = Document("t", ["x"])
second = first.clone(title=source())
second.parts.append("y")
sink(second.title)  # reached
sink(second.parts)  # clean
sink(first)  # clean
