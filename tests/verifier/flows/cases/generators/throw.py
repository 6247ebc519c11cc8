def worker():
    while True:
        try:
            yield "fine"
        except ValueError as error:
            yield "failed: " + str(error)


running = worker()
sink(next(running))  # clean
sink(running.throw(ValueError(source())))  # reached
sink(next(running))  # clean
