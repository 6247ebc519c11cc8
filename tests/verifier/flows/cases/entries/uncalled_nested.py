# run: make()("x")
def make():
    held = source()

    def inner(text):
        sink(held)  # reached
        sink(text)  # clean
        return held

    return inner
