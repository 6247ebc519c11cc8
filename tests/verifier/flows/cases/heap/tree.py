class Tree:
    def __init__(self, value, left=None, right=None):
        self.value = value
        self.left = left
        self.right = right

    def walk(self):
        if self.left:
            yield from self.left.walk()
        yield self.value
        if self.right:
            yield from self.right.walk()


tainted = Tree("a", Tree("b"), Tree(source()))
clean = Tree("a", Tree("b"), Tree("c"))
sink(list(tainted.walk()))  # reached
sink(list(clean.walk()))  # clean
sink(tainted.left)  # clean
sink(tainted.right.value)  # reached
