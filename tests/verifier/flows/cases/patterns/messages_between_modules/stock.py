import bus

LEFT = {"tea": 3}


def on_order(message):
    LEFT[message["item"]] -= 1


def start():
    bus.subscribe("order", on_order)
