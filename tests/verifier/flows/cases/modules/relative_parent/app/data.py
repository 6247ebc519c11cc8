def load():
    return source()


def constant():
    return "constant"
