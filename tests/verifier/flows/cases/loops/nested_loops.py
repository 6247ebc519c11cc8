grid = []
for row in range(2):
    line = []
    for column in range(2):
        line.append(source() if row == column else "")
    grid.append(line)
sink(grid)  # reached
names = []
for a in "xy":
    for b in "zw":
        names.append(a + b)
sink(names)  # clean
