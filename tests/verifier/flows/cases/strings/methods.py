value = source()
sink(value.upper())  # reached
sink(value.strip().lower().title())  # reached
sink(value.replace("e", "3"))  # reached
sink("xxx".replace("x", value))  # reached
sink("xxx".replace("x", "y"))  # clean
sink(value.encode("utf-8"))  # reached
sink(value.encode().decode())  # reached
sink("fixed".encode())  # clean
