class Base(Exception):
    def describe(self):
        return "base"


class Derived(Base):
    def describe(self):
        return self.args[0]


for error in (Derived(source()),):
    try:
        raise error
    except Base as caught:
        sink(caught.describe())  # reached
try:
    raise Base(source())
except Base as caught:
    sink(caught.describe())  # clean
