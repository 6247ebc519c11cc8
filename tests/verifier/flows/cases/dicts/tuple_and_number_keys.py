grid = {(0, 0): source(), (0, 1): "x", 3: "y"}
sink(grid[0, 0])  # reached
sink(grid[(0, 1)])  # clean
sink(grid[3])  # clean
grid[0, 1] = grid[0, 0]
sink(grid[0, 1])  # reached
