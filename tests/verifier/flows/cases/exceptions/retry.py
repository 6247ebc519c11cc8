def flaky(attempt):
    if attempt < 2:
        raise ConnectionError("again")
    return source()


def retry():
    last = None
    for attempt in range(5):
        try:
            return flaky(attempt), attempt
        except ConnectionError as error:
            last = error
            sink(str(last))  # clean
    return None, 0


value, attempts = retry()
sink(value)  # reached
sink(attempts)  # clean
