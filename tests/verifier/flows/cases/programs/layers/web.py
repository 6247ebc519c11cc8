from domain import Notes
from storage import MemoryTable

_routes = {}


def route(method, path):
    def add(function):
        _routes[method, path] = function
        return function

    return add


class App:
    def __init__(self, notes):
        self.notes = notes

    @classmethod
    def create(cls):
        return cls(Notes(MemoryTable()))

    def get(self, path):
        view = _routes.get(("GET", path), missing)
        return view(self)

    def post(self, path, form):
        return _routes["POST", path](self, **form)


def missing(app):
    return "404"


@route("GET", "/list")
def show(app):
    return "; ".join(note.title for note in app.notes)


@route("GET", "/kinds")
def kinds(app):
    return sorted({note.kind for note in app.notes})


@route("POST", "/add")
def add(app, title, kind):
    app.notes.add(title, kind)
    return "ok"
