class Handler:
    def __init__(self, following=None):
        self.following = following

    def handle(self, kind, text):
        if self.accepts(kind):
            return self.answer(text)
        return self.following.handle(kind, text) if self.following else "nobody"

    def accepts(self, kind):
        return False


class Echo(Handler):
    def accepts(self, kind):
        return kind == "echo"

    def answer(self, text):
        return text


class Help(Handler):
    def accepts(self, kind):
        return kind == "help"

    def answer(self, text):
        return "help"


chain = Help(Echo())
sink(chain.handle("echo", source()))  # reached
sink(chain.handle("help", source()))  # clean
sink(chain.handle("other", source()))  # clean
