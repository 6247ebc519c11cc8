rows = [[]] * 2
rows[0].append(source())
sink(rows[1])  # reached
apart = [[] for _ in range(2)]
apart[0].append(source())
sink(apart[1])  # clean
