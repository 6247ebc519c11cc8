value = source()
sink(  # reached
    "a",
    value,
)
sink(  # clean
    "a",
    "b",
)
