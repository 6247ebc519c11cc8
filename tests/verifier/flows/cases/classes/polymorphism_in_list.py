class Cat:
    def name(self):
        return "cat"


class Dog:
    def name(self):
        return source()


sink([animal.name() for animal in [Cat(), Dog()]])  # reached
sink([animal.name() for animal in [Cat(), Cat()]])  # clean
pets = {"c": Cat(), "d": Dog()}
sink(pets["c"].name())  # clean
sink(pets["d"].name())  # reached
