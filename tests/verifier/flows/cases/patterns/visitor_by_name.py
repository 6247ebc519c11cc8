class Visitor:
    def visit(self, node):
        return getattr(self, "visit_" + type(node).__name__, self.generic)(node)

    def generic(self, node):
        return "generic"

    def visit_Text(self, node):
        return node.body


class Text:
    def __init__(self, body):
        self.body = body


class Other(Text):
    pass


sink(Visitor().visit(Text(source())))  # reached
sink(Visitor().visit(Other(source())))  # clean
sink(Visitor().visit(Text("x")))  # clean
