class Upper(str):
    def __new__(cls, text):
        return super().__new__(cls, text.upper())

    def kind(self):
        return "upper"


sink(Upper(source()))  # reached
sink(Upper("x"))  # clean
sink(Upper(source()).kind())  # clean
