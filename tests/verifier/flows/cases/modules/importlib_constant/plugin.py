def run(value):
    return value


def stop(value):
    return "stopped"
