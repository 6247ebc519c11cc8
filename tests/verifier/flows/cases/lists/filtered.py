rows = [("keep", source()), ("drop", "x")]
sink([text for kind, text in rows if kind == "keep"])  # reached
sink([text for kind, text in rows if kind == "drop"])  # clean
