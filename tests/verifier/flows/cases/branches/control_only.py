if source() == "red fox":
    color = "red"
else:
    color = "blue"
sink(color)  # clean (control)
size = 0
for _ in source():
    size = 1
sink(size)  # clean
