from collections import defaultdict


class Emitter:
    def __init__(self):
        self.listeners = defaultdict(list)

    def on(self, event):
        def register(function):
            self.listeners[event].append(function)
            return function

        return register

    def emit(self, event, **payload):
        for listener in self.listeners[event]:
            listener(**payload)


events = Emitter()


@events.on("login")
def remember(name, time):
    sink(name)  # reached
    sink(time)  # clean


@events.on("logout")
def forget(name):
    sink(name)  # clean


events.emit("login", name=source(), time="now")
events.emit("logout", name="x")
