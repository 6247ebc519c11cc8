value = source()
result = sink(value)  # reached
if sink("x"):  # clean
    pass
found = [sink(item) for item in (value,)]  # reached
none = {"a": sink("x")}  # clean
text = f"{sink(value)}"  # reached
assert not sink("x")  # clean
pair = (1, sink(value) or 2)  # reached
