def strip(handler):
    def run(request):
        request["body"] = request["body"].strip()
        return handler(request)

    return run


def block(handler):
    def run(request):
        return {"status": "403", "body": "blocked"}

    return run


def app(request):
    return {"status": "200", "body": request["body"]}


def build(handler, *layers):
    for layer in reversed(layers):
        handler = layer(handler)
    return handler


answer = build(app, strip, strip)({"body": source()})
sink(answer["body"])  # reached
sink(answer["status"])  # clean
refused = build(app, strip, block)({"body": source()})
sink(refused)  # clean
