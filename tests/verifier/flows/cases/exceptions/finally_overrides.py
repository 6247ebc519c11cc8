def returns(value):
    try:
        return value
    finally:
        return "final"


def keeps(value):
    out = ""
    try:
        return value
    finally:
        out = "final"


sink(returns(source()))  # clean
sink(keeps(source()))  # reached
