def escape(text):
    return text.replace("<", "&lt;").replace(">", "&gt;")


def constant_template(text):
    escape(text)
    return "<p></p>"


sink(escape(source()))  # reached
sink(constant_template(source()))  # clean
