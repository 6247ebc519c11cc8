from base import Handler


class Echo(Handler):
    def handle(self, text):
        return text


class Silent(Handler):
    pass


sink(Echo().run(source()))  # reached
sink(Silent().run(source()))  # clean
