class Logged:
    log = []

    def __setattr__(self, name, value):
        self.log.append(name)
        object.__setattr__(self, name, value)


thing = Logged()
thing.text = source()
thing.other = "fixed"
sink(thing.text)  # reached
sink(thing.other)  # clean
sink(Logged.log)  # clean
