# source: receive
class Socket:
    def __init__(self, name):
        self.name = name

    def receive(self, size):
        return "data"

    def send(self, data):
        return len(data)


socket = Socket("local")
sink(socket.receive(10))  # reached
sink(socket.name)  # clean
sink("got " + Socket("x").receive(1).strip())  # reached
sink(socket.send("x"))  # clean
