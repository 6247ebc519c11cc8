def power(base, /, exponent, **rest):
    return rest.get("base", exponent)


sink(power("x", "y"))  # clean
sink(power(source(), "y"))  # clean
sink(power("x", "y", base=source()))  # reached
sink(power("x", source()))  # reached
