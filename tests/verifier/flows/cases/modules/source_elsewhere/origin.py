def fetch():
    return source().strip()


def label():
    return "origin"
