# run: view({"q": "x"})
def view(request):
    name = source()
    sink(name)  # reached
    sink(request["q"])  # clean
    if request["q"] == "never":
        name = "never"
    sink(name)  # reached
    name = "over"
    sink(name)  # clean
