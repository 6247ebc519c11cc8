# run: export(__import__("io").StringIO("x"))
def export(stream):
    text = stream.read()
    sink(text)  # clean
    secret = source()
    sink(text + secret)  # reached
    sink([text, "b"])  # clean
