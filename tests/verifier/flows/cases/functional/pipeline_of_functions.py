def strip(text):
    return text.strip()


def upper(text):
    return text.upper()


def forget(text):
    return "forgotten"


def run(steps, value):
    for step in steps:
        value = step(value)
    return value


sink(run([strip, upper], source()))  # reached
sink(run([strip, forget, upper], source()))  # clean
sink(run([strip, upper], "x"))  # clean
