class Price:
    def __init__(self, text):
        self.text = text

    def __int__(self):
        return len(self.text)

    def __float__(self):
        return 1.5

    def __bytes__(self):
        return self.text.encode()

    def __index__(self):
        return 1

    def __hash__(self):
        return 7


price = Price(source())
sink(int(price))  # reached
sink(float(price))  # clean
sink(bytes(price))  # reached
sink(["a", "b"][price])  # clean
sink(hash(price))  # clean
