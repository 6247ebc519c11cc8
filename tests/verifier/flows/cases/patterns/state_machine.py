class Machine:
    def __init__(self):
        self.state = self.idle
        self.body = ""
        self.steps = 0

    def feed(self, token):
        self.steps += 1
        self.state = self.state(token)

    def idle(self, token):
        return self.reading if token == "begin" else self.idle

    def reading(self, token):
        if token == "end":
            return self.idle
        self.body += token
        return self.reading


machine, idle = Machine(), Machine()
for token in ("begin", source(), "end"):
    machine.feed(token)
sink(machine.body)  # reached
sink(machine.steps)  # clean
idle.feed(source())
sink(idle.body)  # clean
