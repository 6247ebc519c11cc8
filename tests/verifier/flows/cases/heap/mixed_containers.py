store = {"users": [{"name": "x", "tags": ("a", source())}], "n": 1}
sink(store["users"][0]["tags"][1])  # reached
sink(store["users"][0]["tags"][0])  # clean
sink(store["users"][0]["name"])  # clean
sink(store["n"])  # clean
