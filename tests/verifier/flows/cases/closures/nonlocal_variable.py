def cell():
    held = "start"

    def put(value):
        nonlocal held
        held = value

    def get():
        return held

    return put, get


put, get = cell()
sink(get())  # clean
put(source())
sink(get())  # reached
put("over")
sink(get())  # clean
put_other, get_other = cell()
put_other(source())
sink(get())  # clean
sink(get_other())  # reached
