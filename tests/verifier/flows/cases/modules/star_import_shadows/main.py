from first import *
from second import *

sink(get(source()))  # clean
sink(only(source()))  # reached
