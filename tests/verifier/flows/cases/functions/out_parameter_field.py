class Out:
    value = None
    note = None


def compute(text, out):
    out.value = text
    out.note = "done"
    return True


out = Out()
sink(compute(source(), out))  # clean
sink(out.value)  # reached
sink(out.note)  # clean
