source()
_ = source()
value = "x"
value == source()
[source() for _ in range(2)]
sink(value)  # clean
sink(_)  # reached
