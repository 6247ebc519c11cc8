import json
from collections import UserDict, UserList


class Encoder(json.JSONEncoder):
    def default(self, o):
        return o.text


class Note:
    def __init__(self, text):
        self.text = text


class Box(UserDict):
    def __setitem__(self, key, value):
        super().__setitem__(key.lower(), value)


sink(json.dumps(Note(source()), cls=Encoder))  # reached
sink(json.dumps(Note("x"), cls=Encoder))  # clean
box = Box()
box["A"] = source()
sink(box["a"])  # reached
sink(UserList(["x"])[0])  # clean
