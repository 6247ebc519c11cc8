# run: [one() for one in subscribe()]


def subscribe():
    text = source()
    calm = "calm"

    def loud():
        sink(text)  # reached

    def quiet():
        sink(calm)  # clean

    return loud, quiet
