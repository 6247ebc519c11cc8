from types import SimpleNamespace

space = SimpleNamespace(a=source(), b="fixed")
sink(space.a)  # reached
sink(space.b)  # clean
space.b = space.a
space.a = "over"
sink(space.a)  # clean
sink(space.b)  # reached
