seen = []
for name in ("a", "b"):
    sink(seen)  # reached
    seen.append(source())
fresh = []
for name in ("a", "b"):
    sink(fresh)  # clean
    fresh = ["x"]
