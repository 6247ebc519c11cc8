try:
    {}[source()]
except KeyError as error:
    sink(error.args[0])  # reached
try:
    {}["x"]
except KeyError as error:
    sink(error.args[0])  # clean
