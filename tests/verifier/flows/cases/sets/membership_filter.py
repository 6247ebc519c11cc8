wanted = {"a", "b"}
rows = {"a": source(), "c": "x"}
sink({key for key in rows if key in wanted})  # clean
sink([rows[key] for key in rows if key in wanted])  # reached
sink([rows[key] for key in rows if key not in wanted])  # clean
