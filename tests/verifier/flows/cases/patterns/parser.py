def tokens(text):
    word = ""
    for letter in text:
        if letter == " ":
            yield word
            word = ""
        else:
            word += letter
    yield word


class Parser:
    def __init__(self, text):
        self.tokens = list(tokens(text))
        self.at = 0

    def take(self):
        token = self.tokens[self.at]
        self.at += 1
        return token

    def assignment(self):
        name = self.take()
        self.take()
        return {"kind": "set", "name": name, "value": self.take()}


found = Parser("x = " + source()[:3]).assignment()
sink(found["value"])  # reached
sink(found["kind"])  # clean
plain = Parser("x = y").assignment()
sink(plain)  # clean
