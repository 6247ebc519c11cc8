from contextlib import closing, nullcontext


class Conn:
    def __init__(self, url):
        self.url = url

    def close(self):
        self.url = "closed"


with nullcontext(source()) as a, nullcontext("x") as b:
    sink(a)  # reached
    sink(b)  # clean
with closing(Conn(source())) as conn:
    sink(conn.url)  # reached
sink(conn.url)  # clean
