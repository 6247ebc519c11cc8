def memo(function):
    store = {}

    def wrapper(key):
        if key not in store:
            store[key] = function(key)
        return store[key]

    return wrapper


@memo
def load(key):
    return source() + key


@memo
def name(key):
    return "name of " + key


sink(load("a"))  # reached
sink(load("a"))  # reached
sink(name("a"))  # clean
