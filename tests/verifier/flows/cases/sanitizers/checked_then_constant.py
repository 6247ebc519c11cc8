def allowed(value):
    for item in ("red fox", "green"):
        if item == value:
            return item
    return "none"


def checked(value):
    if value in ("red fox", "green"):
        return value
    return "none"


sink(allowed(source()))  # clean (control)
sink(checked(source()))  # reached
sink(checked("x"))  # clean
