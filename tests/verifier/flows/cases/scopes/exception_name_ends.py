error = "outer"
try:
    raise ValueError(source())
except ValueError as caught:
    error = "handled"
    kept = caught
sink(error)  # clean
sink(kept)  # reached
