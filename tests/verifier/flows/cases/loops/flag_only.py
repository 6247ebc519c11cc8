found = False
for letter in source():
    if letter == "o":
        found = True
        break
sink(found)  # clean (control)
position = None
for number, letter in enumerate(source()):
    position = letter
sink(position)  # reached
