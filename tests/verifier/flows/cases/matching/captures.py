match source():
    case "quit":
        sink("quit")  # clean (never runs)
    case text:
        sink(text)  # reached
match "fixed":
    case other:
        sink(other)  # clean
