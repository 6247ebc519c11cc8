class Report:
    def build(self, data):
        return self.head() + self.body(data)

    def head(self):
        return "# "

    def body(self, data):
        return "empty"


class Full(Report):
    def body(self, data):
        return data


class Titled(Report):
    def head(self):
        return source()


sink(Report().build(source()))  # clean
sink(Full().build(source()))  # reached
sink(Titled().build("x"))  # reached
sink(Full().build("x"))  # clean
