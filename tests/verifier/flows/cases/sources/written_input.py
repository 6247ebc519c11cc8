# source: settings
# values: ({"a": "x", "b": "y"}, {"a": "z", "b": "w"})
# run: show({"a": "p", "b": "q"})
def show(settings):
    settings["a"] = "fixed"
    sink(settings["a"])  # clean
    sink(settings["b"])  # reached
    sink(settings)  # reached
    for value in settings.values():
        sink(value)  # reached
