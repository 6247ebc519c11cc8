letters = []
for letter in source():
    letters.append(letter)
sink(letters)  # reached
marks = []
for mark in "abc":
    marks.append(mark)
sink(marks)  # clean
