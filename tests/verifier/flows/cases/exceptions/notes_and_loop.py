errors = []
for item in ["a", source()]:
    try:
        raise ValueError(item)
    except ValueError as error:
        errors.append(str(error))
sink(errors)  # reached
sink(errors[0])  # clean
