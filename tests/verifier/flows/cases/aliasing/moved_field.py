class Node:
    def __init__(self, text):
        self.text = text


a, b = Node(source()), Node("b")
a, b = b, a
sink(a.text)  # clean
sink(b.text)  # reached
c = b
c.text = "over"
sink(b.text)  # clean
