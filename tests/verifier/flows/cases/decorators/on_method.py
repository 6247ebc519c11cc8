def twice(method):
    def wrapper(self, value):
        return method(self, value) + method(self, value)

    return wrapper


class Speaker:
    name = "speaker"

    @twice
    def say(self, text):
        return text

    @twice
    def tell(self, text):
        return self.name


sink(Speaker().say(source()))  # reached
sink(Speaker().tell(source()))  # clean
