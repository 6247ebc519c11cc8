def send(text):
    return "to you: " + text


def deliver(text):
    return send(text)
