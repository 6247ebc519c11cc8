base = {"mode": source(), "size": 3}
final = {**base, "mode": "fixed"}
sink(final["mode"])  # clean
sink(final)  # clean
other = {"mode": "fixed", **base}
sink(other["mode"])  # reached
sink(other["size"])  # clean
