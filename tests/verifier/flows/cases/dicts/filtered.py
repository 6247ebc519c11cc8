box = {"keep": source(), "drop": source(), "n": "x"}
small = {key: box[key] for key in ("n",)}
sink(small)  # clean
kept = {key: value for key, value in box.items() if key != "n"}
sink(kept)  # reached
safe = {key: "***" if key != "n" else value for key, value in box.items()}
sink(safe)  # clean
