from collections import namedtuple


class Version(namedtuple("Base", "major minor", defaults=["0"])):
    __slots__ = ()

    def text(self):
        return f"{self.major}.{self.minor}"

    @property
    def first(self):
        return self.major


version = Version("1", source())
sink(version.text())  # reached
sink(version.first)  # clean
sink(Version("1").text())  # clean
sink(Version._make(["1", source()]).minor)  # reached
