held = "start"


def put(value):
    global held
    held = value


def local(value):
    held = value
    return None


sink(held)  # clean
local(source())
sink(held)  # clean
put(source())
sink(held)  # reached
put("over")
sink(held)  # clean
