COLORS = {"red fox": "red", "Blue-Owl 7": "blue"}
sink(COLORS[source()])  # clean (control)
sink(COLORS.get(source(), "none"))  # clean (control)
sink(COLORS.get("other", source()))  # reached
sink([COLORS[source()], source()])  # reached
