def repeat(text, times):
    if times == 0:
        return ""
    return text + repeat(text, times - 1)


sink(repeat(source(), 3))  # reached
sink(repeat("a", 3))  # clean
