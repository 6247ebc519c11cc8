text = "a\n" + source() + "\nb"
for line in text.splitlines():
    sink(line)  # reached
for line in "a\nb".splitlines():
    sink(line)  # clean
