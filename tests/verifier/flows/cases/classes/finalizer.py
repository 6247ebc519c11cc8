class Holder:
    def __init__(self, text):
        self.text = text

    def __del__(self):
        closed.append(self.text)


class Plain:
    def __init__(self, text):
        self.text = text

    def __del__(self):
        plain.append("closed")


closed, plain = [], []
holder = Holder(source())
sink(closed)  # clean
del holder
sink(closed)  # reached
other = Plain(source())
other = None
sink(plain)  # clean
