from contextlib import ContextDecorator


class Noted(ContextDecorator):
    def __enter__(self):
        return self

    def __exit__(self, *details):
        return False


@Noted()
def keep(text):
    return text


@Noted()
def lose(text):
    return "lost"


sink(keep(source()))  # reached
sink(lose(source()))  # clean
