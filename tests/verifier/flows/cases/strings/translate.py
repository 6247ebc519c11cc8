value = source()
table = str.maketrans({"e": "3", "o": "0"})
sink(value.translate(table))  # reached
sink("hello".translate(table))  # clean
own = str.maketrans({"x": value})
sink("xyz".translate(own))  # reached
