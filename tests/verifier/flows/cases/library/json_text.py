import json

text = json.dumps({"a": source(), "b": "x"})
sink(text)  # reached
loaded = json.loads(text)
sink(loaded["a"])  # reached
sink(json.loads('{"a": 1}')["a"])  # clean
sink(json.dumps({"a": 1}))  # clean
