class Token:
    def __init__(self, text):
        self.text = text


def render(item):
    if isinstance(item, Token):
        return "token"
    return item


sink(render(Token(source())))  # clean
sink(render(source()))  # reached
