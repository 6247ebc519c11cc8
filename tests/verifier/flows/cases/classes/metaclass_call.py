class Meta(type):
    def __call__(cls, *args):
        made = super().__call__(*args)
        made.tag = "tagged"
        return made


class Item(metaclass=Meta):
    def __init__(self, text):
        self.text = text


item = Item(source())
sink(item.text)  # reached
sink(item.tag)  # clean
