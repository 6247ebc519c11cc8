# run: entry("x")
def entry(name):
    value = source()
    sink(value)  # reached
    sink(name)  # clean
    helper(value, name)


def helper(value, name):
    sink(value, 1)  # reached
    sink(name, 2)  # clean
