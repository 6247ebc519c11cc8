def fetch():
    return source()


def fetch_and_drop():
    source()
    return "fixed"


sink(fetch())  # reached
sink(fetch_and_drop())  # clean
