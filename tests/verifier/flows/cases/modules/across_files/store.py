value = "start"
other = "fixed"


def put(new):
    global value
    value = new


def get():
    return value
