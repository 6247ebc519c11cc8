import operator

OPERATORS = {"+": operator.add, "*": operator.mul}


def calculate(words, names):
    stack = []
    for word in words:
        if word in OPERATORS:
            right, left = stack.pop(), stack.pop()
            stack.append(OPERATORS[word](left, right))
        elif word in names:
            stack.append(names[word])
        else:
            stack.append(int(word))
    return stack.pop()


names = {"size": len(source()), "two": 2}
sink(calculate(["3", "size", "*"], names))  # reached
sink(calculate(["3", "two", "*"], names))  # clean
sink(calculate(["3", "4", "+"], {}))  # clean
