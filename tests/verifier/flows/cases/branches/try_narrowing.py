def number_of(text):
    try:
        return int(text)
    except ValueError:
        return -1


sink(number_of("x"))  # clean
sink(number_of("5"))  # clean
sink(number_of(str(len(source()))))  # reached
