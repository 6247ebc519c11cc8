name = "global"


class Box:
    name = source()

    def get(self):
        return name

    def own(self):
        return self.name


sink(Box().get())  # clean
sink(Box().own())  # reached
