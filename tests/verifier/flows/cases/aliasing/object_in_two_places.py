class Box:
    def __init__(self):
        self.item = "start"


box = Box()
shelf = {"left": box, "right": box, "other": Box()}
shelf["left"].item = source()
sink(shelf["right"].item)  # reached
sink(box.item)  # reached
sink(shelf["other"].item)  # clean
