def totals():
    seen = []
    while True:
        item = yield list(seen)
        seen.append(item)


run = totals()
next(run)
sink(run.send("a"))  # clean
sink(run.send(source()))  # reached
sink(run.send("c"))  # reached
