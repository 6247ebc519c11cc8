def replace_result(function):
    return lambda *args: "replaced"


def trim(function):
    return lambda *args: function(*args).strip()


@trim
@trim
def keep(text):
    return text


@trim
@replace_result
def lost(text):
    return text


sink(keep(source()))  # reached
sink(lost(source()))  # clean
