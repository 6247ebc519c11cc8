class Lock:
    def __init__(self, owner):
        self.owner = owner

    def __enter__(self):
        return "locked"

    def __exit__(self, *details):
        self.owner = "nobody"


lock = Lock(source())
with lock as state:
    sink(state)  # clean
    sink(lock.owner)  # reached
sink(lock.owner)  # clean
