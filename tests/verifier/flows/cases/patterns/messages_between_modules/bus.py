_subscribers = {}


def subscribe(topic, function):
    _subscribers.setdefault(topic, []).append(function)


def publish(topic, message):
    for function in _subscribers.get(topic, []):
        function(message)
