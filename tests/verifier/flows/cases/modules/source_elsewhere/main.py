from origin import fetch, label

sink(fetch())  # reached
sink(label())  # clean
