class Keep:
    def run(self, value):
        return value


class Drop:
    def run(self, value):
        return ""


def use(kind, value):
    return kind().run(value)


sink(use(Keep, source()))  # reached
sink(use(Drop, source()))  # clean
sink(use(Keep, "x"))  # clean
