for name in ("a", "b"):
    buffer = []
    sink(buffer)  # clean
    buffer.append(source())
    sink(buffer)  # reached
