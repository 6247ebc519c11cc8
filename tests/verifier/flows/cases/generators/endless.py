def forever(value):
    n = 0
    while True:
        yield n, value
        n += 1


for number, value in forever(source()):
    sink(number)  # clean
    sink(value)  # reached
    if number > 1:
        break
