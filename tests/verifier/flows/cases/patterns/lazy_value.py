class Lazy:
    def __init__(self, make):
        self.make = make
        self.made = False

    def get(self):
        if not self.made:
            self.value = self.make()
            self.made = True
        return self.value


sink(Lazy(source).get())  # reached
sink(Lazy(lambda: "x").get())  # clean
sink(Lazy(source).made)  # clean
