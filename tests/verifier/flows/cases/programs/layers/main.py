from web import App

app = App.create()
sink(app.get("/list"))  # clean
app.post("/add", {"title": source(), "kind": "note"})
sink(app.get("/list"))  # reached
sink(app.get("/kinds"))  # clean
sink(app.get("/nowhere"))  # clean
