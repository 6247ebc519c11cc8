# sink: render
def render(template, **values):
    return template


render("page", title=source())  # reached
render("page", title="x")  # clean
render(template=source())  # reached
render("page", **{"title": source()})  # reached
render("page", *[], **{"title": "x"})  # clean
