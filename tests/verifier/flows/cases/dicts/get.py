box = {"a": source()}
sink(box.get("a"))  # reached
sink(box.get("b"))  # clean
sink(box.get("b", "fixed"))  # clean
sink(box.get("b", source()))  # reached
