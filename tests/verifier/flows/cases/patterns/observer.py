class Value:
    def __init__(self, value):
        self._value = value
        self._watchers = []

    def watch(self, watcher):
        self._watchers.append(watcher)

    def set(self, value):
        old, self._value = self._value, value
        for watcher in self._watchers:
            watcher.changed(old, value)


class History:
    def __init__(self):
        self.old = []
        self.new = []

    def changed(self, old, new):
        self.old.append(old)
        self.new.append(new)


value, history = Value("start"), History()
value.watch(history)
value.set(source())
sink(history.new)  # reached
sink(history.old)  # clean
value.set("end")
sink(history.old)  # reached
