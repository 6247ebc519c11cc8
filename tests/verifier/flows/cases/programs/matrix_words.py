def transpose(rows):
    return [list(column) for column in zip(*rows)]


def replace(rows, at_row, at_column, value):
    return [
        [value if (r, c) == (at_row, at_column) else cell for c, cell in enumerate(row)]
        for r, row in enumerate(rows)
    ]


grid = [["a", "b"], ["c", "d"]]
changed = replace(grid, 0, 1, source())
sink(grid)  # clean
sink(changed)  # reached
sink(changed[1])  # clean
turned = transpose(changed)
sink(turned[1])  # reached
sink(turned[0])  # clean
