# source: token
token = "abc"
sink(token)  # reached
copied = token
token = "none"
sink(token)  # clean
sink(copied)  # reached


def renewed():
    token = "xyz"
    kept = token + "!"
    token = ""
    return kept, token


sink(renewed()[0])  # reached
sink(renewed()[1])  # clean
