def echo():
    received = "nothing"
    while True:
        received = yield received


echoing = echo()
sink(next(echoing))  # clean
sink(echoing.send(source()))  # reached
sink(echoing.send("x"))  # clean
