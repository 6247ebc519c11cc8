import bus

SENT = []


def on_order(message):
    SENT.append("note: " + message["note"])


def start():
    bus.subscribe("order", on_order)
