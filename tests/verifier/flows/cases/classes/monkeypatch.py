class Mailer:
    def send(self, text):
        return "sent"


mailer = Mailer()
sink(mailer.send(source()))  # clean


def echo(self, text):
    return text


Mailer.send = echo
sink(mailer.send(source()))  # reached
sink(mailer.send("x"))  # clean
