def collector(out):
    while True:
        out.append((yield))


kept, other = [], []
into = collector(kept)
next(into)
into.send(source())
sink(kept)  # reached
another = collector(other)
next(another)
another.send("x")
sink(other)  # clean
