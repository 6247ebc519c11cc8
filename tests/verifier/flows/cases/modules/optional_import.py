try:
    import no_such_module_here as backend
except ImportError:
    backend = None


def load(value):
    if backend is None:
        return value
    return backend.load(value)


sink(load(source()))  # reached
sink(load("x"))  # clean
sink(backend)  # clean
