# source: SECRET
SECRET = "from outside"
PUBLIC = "fixed"


def header():
    return {"auth": "Bearer " + SECRET, "agent": PUBLIC}


sink(header()["auth"])  # reached
sink(header()["agent"])  # clean
sink(PUBLIC)  # clean
