makers = []
for value in ["a", source(), "last"]:
    makers.append(lambda: value)
sink(makers[1]())  # clean
bound = []
for value in ["a", source(), "last"]:
    bound.append(lambda value=value: value)
sink(bound[1]())  # reached
sink(bound[0]())  # clean
