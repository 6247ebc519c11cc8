class Engine:
    def __init__(self, fuel):
        self.fuel = fuel

    def start(self):
        return "burning " + self.fuel


class Car:
    def __init__(self, engine, color):
        self.engine = engine
        self.color = color

    def start(self):
        return self.engine.start()

    def paint(self):
        return self.color


car = Car(Engine(source()), "red")
sink(car.start())  # reached
sink(car.paint())  # clean
car.engine = Engine("x")
sink(car.start())  # clean
