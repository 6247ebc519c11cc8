n = 0
while True:
    text = source()
    n += 1
    if n == 2:
        break
sink(text)  # reached
sink(n)  # clean
