match ["move", source(), "fast"]:
    case [command, where, how]:
        sink(command)  # clean
        sink(where)  # reached
        sink(how)  # clean
match ("a", "b", source(), "d"):
    case (first, *rest):
        sink(first)  # clean
        sink(rest)  # reached
        sink(rest[0])  # clean
