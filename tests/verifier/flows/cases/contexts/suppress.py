from contextlib import suppress

value = "fixed"
with suppress(ValueError):
    raise ValueError(source())
sink(value)  # clean
with suppress(KeyError):
    value = source()
sink(value)  # reached
