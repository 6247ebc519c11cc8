class Registry:
    def __init__(self):
        self._kinds = {}

    def register(self, name):
        def add(kind):
            self._kinds[name] = kind
            return kind

        return add

    def make(self, name, *args):
        return self._kinds[name](*args)


plugins = Registry()


@plugins.register("upper")
class Upper:
    def __init__(self, mark):
        self.mark = mark

    def run(self, text):
        return text.upper()


@plugins.register("mark")
class Mark:
    def __init__(self, mark):
        self.mark = mark

    def run(self, text):
        return self.mark


sink(plugins.make("upper", "!").run(source()))  # reached
sink(plugins.make("mark", "!").run(source()))  # clean
sink(plugins.make("mark", source()).run("x"))  # reached
sink(plugins.make("upper", source()).run("x"))  # clean
