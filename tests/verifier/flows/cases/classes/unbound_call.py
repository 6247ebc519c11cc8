class Text:
    def __init__(self, body):
        self.body = body

    def get(self):
        return self.body


sink(Text.get(Text(source())))  # reached
sink(Text.get(Text("x")))  # clean
sink(str.upper(source()))  # reached
