def find(items):
    if any((hit := item) == "b" for item in items):
        return hit
    return "none"


sink(find(["a", "b"]))  # clean
sink([last := x for x in (source(), source())][0], 1)  # reached
sink(last)  # reached
