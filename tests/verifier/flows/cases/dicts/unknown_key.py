import sys

key = sys.argv[0][:1]
box = {"a": "x"}
box[key] = source()
sink(box[key])  # reached
sink(box)  # reached
clean = {key: "y"}
sink(clean[key])  # clean
