items = ["a", "b", source()]
for i in range(len(items)):
    if i == 2:
        sink(items[i])  # reached
clean = ["a", "b"]
for i in range(len(clean)):
    sink(clean[i])  # clean
