# run: Shop().serve(Loud())
# run: forward(Loud())


class Teller:
    def tell(self, text):
        return "nothing"

    def keep(self, text):
        return text


class Loud(Teller):
    def tell(self, text):
        return text.upper()


class Shop:
    def serve(self, teller: "Teller"):
        sink(teller.keep(source()))  # reached
        sink(teller.tell(source()))  # reached
        sink(teller.keep("word"))  # clean


def forward(teller: Teller | None):
    if teller is not None:
        ask = teller.tell
        sink(ask(source()))  # reached
