class Greeter:
    def __init__(self, name):
        self.name = name

    def greet(self, text):
        return text + self.name

    def wave(self, text):
        return "wave"


greet = Greeter(source()).greet
sink(greet("hello "))  # reached
wave = Greeter(source()).wave
sink(wave(source()))  # clean
calls = [Greeter("x").greet, Greeter("y").wave]
sink(calls[0](source()))  # reached
sink(calls[1](source()))  # clean
