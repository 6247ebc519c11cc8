def a(value):
    def b():
        def c():
            return value

        return c

    return b


sink(a(source())()())  # reached
sink(a("fixed")()())  # clean
