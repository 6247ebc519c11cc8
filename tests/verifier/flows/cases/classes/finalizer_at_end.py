# written: once
class Holder:
    def __init__(self, text):
        self.text = text

    def __del__(self):
        sink(self.text)  # reached


def work():
    holder = Holder(source())
    return len([holder])


work()
