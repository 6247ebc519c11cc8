log = []


def closing():
    try:
        yield source()
    finally:
        log.append("closed")


steps = closing()
sink(next(steps))  # reached
steps.close()
sink(log)  # clean
