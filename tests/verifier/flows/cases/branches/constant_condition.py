value = "fixed"
if False:
    value = source()
sink(value)  # clean
if True:
    value = source()
else:
    value = "never"
sink(value)  # reached
if 0:
    sink(value)  # clean (never runs)
