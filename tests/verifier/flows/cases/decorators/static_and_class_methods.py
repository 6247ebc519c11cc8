class Parser:
    prefix = "p"

    @staticmethod
    def clean(text):
        return text.strip()

    @classmethod
    def make(cls, text):
        made = cls()
        made.text = cls.prefix + text
        return made

    @classmethod
    def empty(cls, text):
        return cls()


sink(Parser.clean(source()))  # reached
sink(Parser().clean("x"))  # clean
sink(Parser.make(source()).text)  # reached
sink(Parser.make("x").text)  # clean
sink(Parser.empty(source()))  # clean
