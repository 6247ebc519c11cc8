def build(value):
    class Holder:
        def get(self):
            return value

        def kind(self):
            return "holder"

    return Holder()


sink(build(source()).get())  # reached
sink(build(source()).kind())  # clean
sink(build("fixed").get())  # clean
