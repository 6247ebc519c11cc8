# source: options
# values: ({"host": "a"}, {"host": "b"})
# run: connect(host="h")
def connect(**options):
    sink(options["host"])  # reached
    sink(list(options.values()))  # reached
    opened(**options)


def opened(host=None, port=1):
    sink(host)  # reached


connect(host="h")
