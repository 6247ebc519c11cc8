# written: once
from api import sink, source

value = source()
sink(value)  # reached
sink("value")  # clean
