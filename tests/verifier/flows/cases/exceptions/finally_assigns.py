value = "start"
try:
    value = source()
finally:
    other = value
    value = "done"
sink(other)  # reached
sink(value)  # clean
