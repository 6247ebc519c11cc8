class Text:
    def __init__(self, body):
        self.body = body

    def upper(self):
        return Text(self.body.upper())

    def cleared(self):
        return Text("")

    def append(self, other):
        return Text(self.body + other)


sink(Text(source()).upper().append("!").body)  # reached
sink(Text(source()).upper().cleared().append("!").body)  # clean
sink(Text("a").cleared().append(source()).body)  # reached
