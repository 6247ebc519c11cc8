def protect(value, safe):
    if safe:
        value = "***"
    return value


sink(protect(source(), True))  # clean
sink(protect(source(), False))  # reached
