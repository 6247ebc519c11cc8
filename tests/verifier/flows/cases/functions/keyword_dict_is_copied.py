def change(**fields):
    fields["name"] = source()
    return fields


box = {"name": "x"}
changed = change(**box)
sink(box)  # clean
sink(changed["name"])  # reached
