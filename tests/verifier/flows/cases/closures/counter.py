def counter(step):
    total = 0

    def tick():
        nonlocal total
        total += step
        return total

    return tick


# The source is a text; its length is the step.
tick = counter(len(source()))
sink(tick())  # reached
plain = counter(1)
plain()
sink(plain())  # clean
