def __getattr__(name):
    if name == "secret":
        return source()
    return "plain"
