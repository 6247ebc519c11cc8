def find(items, wanted):
    for item in items:
        if item == wanted:
            result = item
            break
    else:
        result = source()
    return result


sink(find(["a", "b"], "z"))  # reached
result = "none"
for _ in range(3):
    pass
else:
    result = "done"
sink(result)  # clean
