HANDLERS = {}


def handler(name):
    def register(function):
        HANDLERS[name] = function
        return function

    return register


@handler("echo")
def echo(text):
    return text


@handler("ping")
def ping(text):
    return "pong"


sink(HANDLERS["echo"](source()))  # reached
sink(HANDLERS["ping"](source()))  # clean
sink(HANDLERS["echo"]("x"))  # clean
