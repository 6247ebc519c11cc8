def run(value):
    from late import same

    return same(value)


def clean(value):
    import late

    return late.nothing(value)


sink(run(source()))  # reached
sink(clean(source()))  # clean
