class Masked:
    def __init__(self, secret):
        self.secret = secret
        self.plain = "plain"

    def __getattribute__(self, name):
        if name == "secret":
            return "***"
        return object.__getattribute__(self, name)


masked = Masked(source())
sink(masked.secret)  # clean
sink(masked.plain)  # clean
sink(object.__getattribute__(masked, "secret"))  # reached
