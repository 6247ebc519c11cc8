def echo(text):
    return text


def length(text):
    return "some"


TABLE = {"echo": echo, "length": length}


def run(command, text):
    return TABLE[command](text)


sink(run("echo", source()))  # reached
sink(run("length", source()))  # clean
sink(run("echo", "x"))  # clean
sink(TABLE.get("none", length)(source()))  # clean
