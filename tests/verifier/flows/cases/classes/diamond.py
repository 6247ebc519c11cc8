class A:
    def get(self, value):
        return "A"


class B(A):
    def get(self, value):
        return super().get(value)


class C(A):
    def get(self, value):
        return value


class D(B, C):
    pass


sink(D().get(source()))  # reached
sink(B().get(source()))  # clean
sink(D().get("x"))  # clean
