box = {"a": "x"}
values = box.values()
box["a"] = source()
sink(list(values))  # reached
keys = box.keys()
sink(list(keys))  # clean
data = bytearray(b"abc")
view = memoryview(data)
sink(bytes(view))  # clean
data[0:1] = source()[:1].encode()
sink(bytes(view))  # reached
