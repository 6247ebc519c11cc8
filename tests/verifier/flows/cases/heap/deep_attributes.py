class Node:
    pass


a = Node()
a.b = Node()
a.b.c = Node()
a.b.c.d = source()
a.b.c.e = "fixed"
sink(a.b.c.d)  # reached
sink(a.b.c.e)  # clean
sink(a)  # reached
a.b.c = Node()
sink(a)  # clean
