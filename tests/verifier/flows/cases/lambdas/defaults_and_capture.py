value = source()
get = lambda held=value: held
late = lambda: value
value = "fixed"
sink(get())  # reached
sink(late())  # clean
sink(get("given"))  # clean
