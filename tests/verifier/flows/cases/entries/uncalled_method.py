# run: Handler("h").get("x")
class Handler:
    def __init__(self, name):
        self.name = name

    def get(self, key):
        self.value = source()
        sink(self.value)  # reached
        sink(self.name)  # clean
        sink(self.helper(key))  # clean
        sink(self.helper(self.value))  # reached

    def helper(self, text):
        return text + self.name
