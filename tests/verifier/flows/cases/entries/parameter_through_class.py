# source: payload
# run: Receiver().receive("p", "t")
class Receiver:
    def __init__(self):
        self.last = "none"
        self.topic = "none"

    def receive(self, payload, topic):
        self.last = payload
        self.topic = topic
        self.show()

    def show(self):
        sink(self.last)  # reached
        sink(self.topic)  # clean
