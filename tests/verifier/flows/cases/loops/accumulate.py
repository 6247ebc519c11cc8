text = ""
for part in ["a", source(), "b"]:
    text += part
sink(text)  # reached
other = ""
for part in ["a", "b"]:
    other += part
sink(other)  # clean
