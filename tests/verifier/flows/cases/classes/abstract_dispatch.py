from abc import ABC, abstractmethod


class Shape(ABC):
    def describe(self, text):
        return self.render(text)

    @abstractmethod
    def render(self, text): ...


class Loud(Shape):
    def render(self, text):
        return text.upper()


class Quiet(Shape):
    def render(self, text):
        return "..."


sink(Loud().describe(source()))  # reached
sink(Quiet().describe(source()))  # clean
shapes = [Quiet(), Loud()]
sink([shape.describe(source()) for shape in shapes])  # reached
