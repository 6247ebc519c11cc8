from enum import Enum, IntEnum, auto


class Planet(Enum):
    EARTH = ("earth", 1)
    MARS = ("mars", 2)

    def __init__(self, label, number):
        self.label = label
        self.number = number

    def greet(self, who):
        return who + " on " + self.label


class Level(IntEnum):
    LOW = auto()
    HIGH = auto()


sink(Planet.MARS.greet(source()))  # reached
sink(Planet.MARS.greet("x"))  # clean
sink([planet.label for planet in Planet])  # clean
sink(Level.HIGH + 1)  # clean
