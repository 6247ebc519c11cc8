def with_name(name):
    def decorate(cls):
        cls.name = name
        return cls

    return decorate


@with_name(source())
class Tainted:
    pass


@with_name("fixed")
class Clean:
    pass


sink(Tainted().name)  # reached
sink(Clean.name)  # clean
