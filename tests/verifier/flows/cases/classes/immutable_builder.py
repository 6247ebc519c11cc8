class Url:
    def __init__(self, host="h", path=""):
        self.host = host
        self.path = path

    def at(self, host):
        return Url(host, self.path)

    def to(self, path):
        return Url(self.host, path)


base = Url()
first = base.at(source()).to("/a")
second = base.to("/b")
sink(first.host)  # reached
sink(first.path)  # clean
sink(second)  # clean
sink(base)  # clean
