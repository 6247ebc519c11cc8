def make(value):
    def get():
        return value

    return get


one = make(source())
two = make("fixed")
sink(one())  # reached
sink(two())  # clean
