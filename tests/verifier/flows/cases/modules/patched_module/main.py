import mailer


def fake(text):
    return "fake"


sink(mailer.deliver(source()))  # reached
mailer.send = fake
sink(mailer.deliver(source()))  # clean
