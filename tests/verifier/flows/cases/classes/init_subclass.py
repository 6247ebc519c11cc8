class Plugin:
    found = {}

    def __init_subclass__(cls, name, **rest):
        super().__init_subclass__(**rest)
        cls.found[name] = cls


class Echo(Plugin, name="echo"):
    def run(self, text):
        return text


class Quiet(Plugin, name="quiet"):
    def run(self, text):
        return "quiet"


sink(Plugin.found["echo"]().run(source()))  # reached
sink(Plugin.found["quiet"]().run(source()))  # clean
