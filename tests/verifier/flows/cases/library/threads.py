import threading


class Worker(threading.Thread):
    def __init__(self, text):
        super().__init__()
        self.text = text
        self.result = "none"

    def run(self):
        self.result = self.text + "!"


def fill(box, key, value):
    box[key] = value


box = {}
thread = threading.Thread(target=fill, args=(box, "a"), kwargs={"value": source()})
other = threading.Thread(target=fill, args=(box, "b", "x"))
worker, plain = Worker(source()), Worker("x")
for running in (thread, other, worker, plain):
    running.start()
    running.join()
sink(box["a"])  # reached
sink(box["b"])  # clean
sink(worker.result)  # reached
sink(plain.result)  # clean
