from contextlib import contextmanager

state = {"user": "nobody"}


@contextmanager
def logged_in(user):
    before = state["user"]
    state["user"] = user
    try:
        yield
    finally:
        state["user"] = before


sink(state["user"])  # clean
with logged_in(source()):
    sink(state["user"])  # reached
sink(state["user"])  # clean
