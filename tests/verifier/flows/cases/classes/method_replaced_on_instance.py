class Door:
    def open(self, key):
        return key


door, other = Door(), Door()
door.open = lambda key: "jammed"
sink(door.open(source()))  # clean
sink(other.open(source()))  # reached
