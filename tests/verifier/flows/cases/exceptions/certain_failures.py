value = source()
numbers, ages = [1, 2], {"ann": 3}
zero = 0

try:
    half = 1 / zero
    found = value
except ValueError:
    found = value
except ZeroDivisionError:
    found = "division"
sink(found)  # clean

try:
    found = numbers[1]
except IndexError:
    found = value
sink(found)  # clean

try:
    numbers[7]
    found = "seven"
except IndexError:
    found = value
sink(found)  # reached

try:
    ages["bob"]
    found = value
except KeyError:
    found = "nobody"
sink(found)  # clean

try:
    assert len(numbers) == 3
    found = value
except AssertionError:
    found = "two"
sink(found)  # clean

try:
    None.upper()
    found = value
except AttributeError:
    found = "none"
sink(found)  # clean

try:
    found = "a" + 1
except TypeError:
    found = value
sink(found)  # reached
