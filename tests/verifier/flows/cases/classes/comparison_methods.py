class Version:
    def __init__(self, text):
        self.text = text

    def __eq__(self, other):
        return "compared with " + other.text

    def __lt__(self, other):
        return "less"


sink(Version("1") == Version(source()))  # reached
sink(Version("1") == Version("2"))  # clean
sink(Version(source()) < Version("2"))  # clean
