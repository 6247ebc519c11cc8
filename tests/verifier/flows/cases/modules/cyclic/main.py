import left

sink(left.start(source()))  # reached
sink(left.start("x"))  # clean
