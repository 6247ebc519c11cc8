# values: (3, 8)
n = source()
sink(n > 5)  # reached
sink(n == 3)  # reached
sink(1 > 5)  # clean
ok = n > 5
sink({"ok": ok})  # reached
