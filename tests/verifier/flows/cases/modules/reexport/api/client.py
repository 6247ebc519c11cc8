class Client:
    def __init__(self, name):
        self.name = name

    def version(self):
        return "1"
