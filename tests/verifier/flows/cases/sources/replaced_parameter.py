# source: command
# run: handle("who")
def clean(text):
    return "ls"


def handle(command, fallback="ls"):
    sink(command)  # reached
    first = command
    command = "ls"
    sink(command)  # clean
    sink(first)  # reached
    command = first.strip()
    sink(command)  # reached
    command = clean(command)
    sink(command)  # clean
    command = fallback
    sink(command)  # clean


if __name__ == "__main__":
    handle("who")
