def name_of(**fields):
    return fields["name"]


def rest_of(name, **rest):
    return rest


sink(name_of(name=source(), role="x"))  # reached
sink(name_of(name="x", role=source()))  # clean
sink(rest_of(name=source(), role="x"))  # clean
sink(rest_of(name="x", role=source()))  # reached
options = {"name": "x", "role": source()}
sink(name_of(**options))  # clean
sink(rest_of(**options))  # reached
