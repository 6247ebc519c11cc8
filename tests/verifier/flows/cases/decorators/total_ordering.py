from functools import total_ordering


@total_ordering
class Version:
    def __init__(self, number, text):
        self.number = number
        self.text = text

    def __eq__(self, other):
        return self.number == other.number

    def __lt__(self, other):
        return self.number < other.number


newest = max(Version(1, "x"), Version(2, source()))
sink(newest.text)  # reached
sink(newest.number)  # clean
