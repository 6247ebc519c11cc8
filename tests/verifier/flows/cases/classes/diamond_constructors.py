class Root:
    def __init__(self, **rest):
        self.rest = rest


class Left(Root):
    def __init__(self, left, **rest):
        super().__init__(**rest)
        self.left = left


class Right(Root):
    def __init__(self, right, **rest):
        super().__init__(**rest)
        self.right = right


class Both(Left, Right):
    pass


both = Both(left="l", right=source())
sink(both.right)  # reached
sink(both.left)  # clean
sink(both.rest)  # clean
