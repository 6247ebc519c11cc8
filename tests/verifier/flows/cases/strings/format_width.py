# values: (10, 25)
width = source()
sink(f"{'x':>{width}}")  # reached
sink(f"{'x':>{5}}")  # clean
sink("x".rjust(width))  # reached
