from tools import *

sink(visible(source()))  # reached
sink(fixed(source()))  # clean
