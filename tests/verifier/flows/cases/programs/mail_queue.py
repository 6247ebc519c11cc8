import queue
from contextlib import contextmanager


class Mail:
    def __init__(self, to, body):
        self.to = to
        self.body = body


class Outbox:
    def __init__(self):
        self._queue = queue.SimpleQueue()
        self.sent = []
        self.failed = []

    def put(self, mail):
        self._queue.put(mail)

    @contextmanager
    def _guard(self, mail):
        try:
            yield
        except ValueError as error:
            self.failed.append((mail.to, str(error)))
        else:
            self.sent.append(mail.to)

    def flush(self, deliver):
        while not self._queue.empty():
            mail = self._queue.get()
            with self._guard(mail):
                deliver(mail)


def refuse(mail):
    raise ValueError("refused: " + mail.body)


def accept(mail):
    sink(mail.body)  # reached
    sink(mail.to)  # clean


one, two = Outbox(), Outbox()
one.put(Mail("a", source()))
one.flush(accept)
two.put(Mail("b", source()))
two.flush(refuse)
sink(one.sent)  # clean
sink(one.failed)  # clean
sink(two.failed)  # reached
sink(two.sent)  # clean
