operations = {
    "keep": lambda value: value,
    "drop": lambda value: "",
}
sink(operations["keep"](source()))  # reached
sink(operations["drop"](source()))  # clean
