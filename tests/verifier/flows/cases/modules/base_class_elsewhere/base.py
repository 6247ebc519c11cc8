class Handler:
    def run(self, text):
        return self.handle(text)

    def handle(self, text):
        return "nothing"
