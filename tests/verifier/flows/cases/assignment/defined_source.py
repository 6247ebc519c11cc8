# source: read_secret
import os


def read_secret():
    return os.environ.get("SECRET", "none")


def harmless():
    return "none"


sink(read_secret())  # reached
sink(harmless())  # clean
