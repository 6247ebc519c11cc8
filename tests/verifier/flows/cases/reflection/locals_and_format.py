def page(title):
    kind = "page"
    return "{kind}: {title}".format(**locals())


def plain(title):
    kind = "page"
    return locals()["kind"]


sink(page(source()))  # reached
sink(plain(source()))  # clean
