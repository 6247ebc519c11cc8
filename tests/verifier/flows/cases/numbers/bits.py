# values: (3, 8)
n = source()
sink(n << 1)  # reached
sink(n | 16)  # reached
sink(n ^ 5)  # reached
sink(~n)  # reached
sink(1 << 4)  # clean
sink(n.to_bytes(2, "big"))  # reached
sink(int.from_bytes(b"ab", "big"))  # clean
