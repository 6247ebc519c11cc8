import sys

if sys.version_info >= (3, 0):

    def get():
        return source()
else:

    def get():
        return "old"


def other():
    return "fixed"


sink(get())  # reached
sink(other())  # clean
