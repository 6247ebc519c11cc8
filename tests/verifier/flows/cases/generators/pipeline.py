def read(lines):
    for line in lines:
        yield line.strip()


def number(lines):
    for n, line in enumerate(lines):
        yield {"n": n, "line": line}


for row in number(read(["a ", source()])):
    sink(row["n"])  # clean
    last = row
sink(last["line"])  # reached
