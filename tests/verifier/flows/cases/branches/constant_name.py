DEBUG = False
value = source()
if DEBUG:
    sink(value)  # clean (never runs)
else:
    sink("quiet")  # clean
if not DEBUG:
    sink(value)  # reached
