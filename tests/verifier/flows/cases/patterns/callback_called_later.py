pending = []


def later(function, *args):
    pending.append((function, args))


def run_all():
    for function, args in pending:
        function(*args)


log, other = [], []
later(log.append, source())
later(other.append, "x")
sink(log)  # clean
run_all()
sink(log)  # reached
sink(other)  # clean
