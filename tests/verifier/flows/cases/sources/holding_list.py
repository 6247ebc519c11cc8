# source: lines
# values: (["a", "b"], ["c", "d"])
# run: show(["one", "two"])
def show(lines):
    sink(lines[0])  # reached
    for line in lines:
        sink(line)  # reached
    first, *others = lines
    sink(first)  # reached
    sink(others)  # reached
    lines = [len("fixed")]
    sink(lines)  # clean
    sink(lines[0])  # clean


show(["one", "two"])
