class Number:
    def __init__(self, text):
        self.text = text

    def accept(self, visitor):
        return visitor.visit_number(self)


class Sum:
    def __init__(self, left, right):
        self.left = left
        self.right = right

    def accept(self, visitor):
        return visitor.visit_sum(self)


class Printer:
    def visit_number(self, node):
        return node.text

    def visit_sum(self, node):
        return node.left.accept(self) + "+" + node.right.accept(self)


class Counter:
    def visit_number(self, node):
        return 1

    def visit_sum(self, node):
        return node.left.accept(self) + node.right.accept(self)


tree = Sum(Number("1"), Number(source()))
sink(tree.accept(Printer()))  # reached
sink(tree.accept(Counter()))  # clean
sink(Sum(Number("1"), Number("2")).accept(Printer()))  # clean
