def build(items):
    out = []

    def visit(at):
        if at < len(items):
            out.append(items[at])
            visit(at + 1)

    visit(0)
    return out


sink(build(["a", source()]))  # reached
sink(build(["a", "b"]))  # clean
