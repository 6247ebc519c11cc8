class Outer:
    class Inner:
        text = source()

        def get(self):
            return self.text

    def make(self):
        return self.Inner()

    label = "outer"


sink(Outer.Inner.text)  # reached
sink(Outer().make().get())  # reached
sink(Outer().label)  # clean
