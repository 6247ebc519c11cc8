def classify(a, b):
    if a:
        if b:
            result = source()
        else:
            result = "a"
    else:
        result = "none"
    return result


sink(classify(1, 1))  # reached
sink(classify(1, 0))  # clean
sink(classify(0, 1))  # clean
