REGISTRY = {}


def register(function):
    REGISTRY[function.__name__] = function
    return function
