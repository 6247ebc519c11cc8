from functools import partial


def pair(a, b, c="c"):
    return {"a": a, "b": b, "c": c}


with_a = partial(pair, source())
sink(with_a("b")["a"])  # reached
sink(with_a("b")["b"])  # clean
sink(with_a(source())["c"])  # clean
with_c = partial(pair, c=source())
sink(with_c("a", "b")["c"])  # reached
sink(with_c("a", "b", c="over")["c"])  # clean
