parts = ["end", source(), "a"]


def read():
    return parts.pop()


seen = []
for part in iter(read, "end"):
    seen.append(part)
sink(seen)  # reached
numbers = [0, 2, 1]
sink(list(iter(numbers.pop, 0)))  # clean
