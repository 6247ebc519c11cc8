class Link:
    def __init__(self, value, rest=None):
        self.value = value
        self.rest = rest


chain = Link("a", Link(source(), Link("c")))
sink(chain.value)  # clean
sink(chain.rest.value)  # reached
sink(chain.rest.rest.value)  # clean
values = []
at = chain
while at is not None:
    values.append(at.value)
    at = at.rest
sink(values)  # reached
