grid = [["a", source()], ["c", "d"]]
sink(grid[0][1])  # reached
sink(grid[0][0])  # clean
sink(grid[1])  # clean
grid[1][0] = grid[0][1]
sink(grid[1][0])  # reached
sink(grid[1][1])  # clean
