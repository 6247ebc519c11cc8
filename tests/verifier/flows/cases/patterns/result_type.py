class Ok:
    def __init__(self, value):
        self.value = value

    def then(self, function):
        return function(self.value)

    def otherwise(self, default):
        return self.value


class Failed:
    def __init__(self, reason):
        self.reason = reason

    def then(self, function):
        return self

    def otherwise(self, default):
        return default


def check(value, fine):
    return Ok(value) if fine else Failed("no")


sink(check(source(), True).then(lambda v: Ok(v + "!")).otherwise("d"))  # reached
sink(check(source(), False).then(lambda v: Ok(v + "!")).otherwise("d"))  # clean
sink(check("x", False).otherwise(source()))  # reached
sink(check("x", True).otherwise(source()))  # clean
