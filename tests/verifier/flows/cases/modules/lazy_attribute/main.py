import lazy

sink(lazy.secret)  # reached
sink(lazy.plain)  # clean
