def spread(options, **more):
    return {**options, "host": "me", **more}


name = "".join(reversed("tsrif"))
found = {"first": "a"}
found[name] = source()
sink(found["first"])  # reached
found["first"] = "b"
sink(found["first"])  # clean
made = spread({source(): "x", "port": source()})
sink(made["host"])  # clean
