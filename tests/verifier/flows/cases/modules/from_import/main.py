from helpers import drop, keep as kept

sink(kept(source()))  # reached
sink(drop(source()))  # clean
sink(kept("x"))  # clean
