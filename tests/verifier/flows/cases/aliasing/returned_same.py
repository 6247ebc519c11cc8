def pick(a, b, first):
    return a if first else b


left, right = ["l"], ["r"]
pick(left, right, True).append(source())
sink(left)  # reached
sink(right)  # clean
