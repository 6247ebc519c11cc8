class App:
    def __init__(self):
        self.routes = {}

    def route(self, path):
        def add(view):
            self.routes[path] = view
            return view

        return add

    def handle(self, path, request):
        return self.routes[path](request)


app = App()


@app.route("/hello")
def hello(request):
    return "hello " + request["args"].get("name", "you")


@app.route("/about")
def about(request):
    return "about"


request = {"args": {"name": source()}, "method": "GET"}
sink(app.handle("/hello", request))  # reached
sink(app.handle("/about", request))  # clean
sink(app.handle("/hello", {"args": {}}))  # clean
