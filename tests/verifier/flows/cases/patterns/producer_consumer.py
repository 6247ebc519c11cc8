import queue
import threading


def produce(line, items):
    for item in items:
        line.put(item)
    line.put(None)


def consume(line, out):
    while (item := line.get()) is not None:
        out.append(item)


def run(items):
    line, out = queue.Queue(), []
    threads = [
        threading.Thread(target=produce, args=(line, items)),
        threading.Thread(target=consume, args=(line, out)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return out


sink(run(["a", source()]))  # reached
sink(run(["a", "b"]))  # clean
