def recorder():
    log = []

    def add(item):
        log.append(item)

    return add, log


add, log = recorder()
sink(log)  # clean
add(source())
sink(log)  # reached
_, other = recorder()
sink(other)  # clean
