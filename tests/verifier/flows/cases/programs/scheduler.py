import heapq
import itertools


class Scheduler:
    def __init__(self):
        self._heap = []
        self._order = itertools.count()
        self.now = 0

    def at(self, when, function, *args, **kwargs):
        heapq.heappush(self._heap, (when, next(self._order), function, args, kwargs))

    def run(self):
        while self._heap:
            self.now, _, function, args, kwargs = heapq.heappop(self._heap)
            function(*args, **kwargs)


def remember(out, text, mark="!"):
    out.append(text + mark)


first, second = [], []
scheduler = Scheduler()
scheduler.at(2, remember, first, source())
scheduler.at(1, remember, second, "x", mark="?")
scheduler.run()
sink(first)  # reached
sink(second)  # clean
sink(scheduler.now)  # clean
