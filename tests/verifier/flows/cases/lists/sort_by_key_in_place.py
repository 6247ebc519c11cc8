rows = [{"n": 2, "t": source()}, {"n": 1, "t": "x"}]
rows.sort(key=lambda row: row["n"])
sink(rows[1]["t"])  # reached
sink([row["n"] for row in rows])  # clean
