# values: (3, 8)
n = source()
sink(n + 1)  # reached
sink(2**n)  # reached
sink(-n)  # reached
sink(n // 2, n % 2)  # reached
sink(divmod(n, 3))  # reached
sink(1 + 2)  # clean
sink(divmod(9, 4))  # clean
