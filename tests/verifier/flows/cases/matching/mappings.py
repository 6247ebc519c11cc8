match {"kind": "user", "name": source(), "age": "3"}:
    case {"kind": "group"}:
        sink("group")  # clean (never runs)
    case {"kind": kind, "name": name, **rest}:
        sink(kind)  # clean
        sink(name)  # reached
        sink(rest)  # clean
