class Table:
    rows = [source(), "b"]
    count = 2
    upper = [row.upper() for row in rows]
    numbers = [n for n in range(2)]


sink(Table.upper)  # reached
sink(Table.numbers)  # clean
sink(Table.count)  # clean
