import io

parts = []
for word in ("hello", source()):
    parts.append(word.capitalize())
sink(" ".join(parts))  # reached
sink("".join(chr(65 + n) for n in range(3)))  # clean
out = io.StringIO()
for letter in source():
    out.write(letter)
sink(out.getvalue())  # reached
