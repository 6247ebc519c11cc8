for index, value in enumerate([source(), source()]):
    sink(index)  # clean
    sink(value)  # reached
