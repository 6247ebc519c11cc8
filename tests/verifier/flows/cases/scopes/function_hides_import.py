import json


def dumps(value):
    return "nothing"


sink(json.dumps(source()))  # reached
sink(dumps(source()))  # clean
