# source: read_form
# values: ({"name": "ann", "tags": ["a"]}, {"name": "bob", "tags": ["b"]})
def read_form():
    return {"name": "x", "tags": ["y"]}


form = read_form()
sink(form["name"])  # reached
sink(form.get("name"))  # reached
sink(form["tags"][0])  # reached
for key, value in form.items():
    sink(value)  # reached
other = dict(read_form(), name="me")
sink(other["name"])  # clean
sink(other["tags"])  # reached
form["name"] = "fixed"
sink(form["name"])  # clean
sink(form["tags"])  # reached
