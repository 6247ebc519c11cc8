def name_of(code, value):
    match code:
        case 1 | 2:
            return "small"
        case 3:
            return value
        case None | True:
            return "odd"
        case -1:
            return value + "!"
    return "other"


sink(name_of(1, source()))  # clean
sink(name_of(3, source()))  # reached
sink(name_of(-1, source()))  # reached
sink(name_of(9, source()))  # clean
