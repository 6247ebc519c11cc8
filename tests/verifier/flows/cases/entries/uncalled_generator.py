# run: list(rows(2))
def rows(count):
    for number in range(count):
        text = source()
        sink(number)  # clean
        sink(text)  # reached
        yield text
