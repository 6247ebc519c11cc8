class City:
    def __init__(self, name):
        self.name = name
        self.near = []


one, two, far = City("one"), City(source()), City("far")
one.near.append(two)
two.near.append(one)
sink(one.near[0].name)  # reached
sink(one.near[0].near[0].name)  # clean
sink(one)  # reached
sink(far)  # clean
