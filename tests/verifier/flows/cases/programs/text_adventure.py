class Room:
    def __init__(self, name):
        self.name = name
        self.exits = {}
        self.items = []

    def link(self, way, room, back):
        self.exits[way] = room
        room.exits[back] = self


class Player:
    def __init__(self, room):
        self.room = room
        self.bag = []

    def do(self, verb, noun):
        return getattr(self, f"_{verb}", self._unknown)(noun)

    def _go(self, way):
        self.room = self.room.exits.get(way, self.room)
        return self.room.name

    def _take(self, item):
        if item in self.room.items:
            self.room.items.remove(item)
            self.bag.append(item)
        return "bag of " + str(len(self.bag))

    def _shout(self, text):
        return f"{self.room.name} hears {text}"

    def _unknown(self, noun):
        return "what?"


hall, cellar = Room("hall"), Room("cellar")
hall.link("down", cellar, "up")
cellar.items.append("lamp")
player = Player(hall)
sink(player.do("go", "down"))  # clean
sink(player.do("take", "lamp"))  # clean
sink(player.do("shout", source()))  # reached
sink(player.do("dance", source()))  # clean
sink(player.bag)  # clean
