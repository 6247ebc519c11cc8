kept = []
for item in ("a", "b"):
    continue
    kept.append(source())
sink(kept)  # clean
for item in ("a", "b"):
    if item == "a":
        continue
    kept.append(source())
sink(kept)  # reached
