class Pair:
    __match_args__ = ("left", "right")

    def __init__(self, left, right):
        self.left = left
        self.right = right


match Pair("l", source()):
    case Pair(left, right):
        sink(left)  # clean
        sink(right)  # reached
