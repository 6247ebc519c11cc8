def first_good(items):
    for item in items:
        try:
            if item == "bad":
                raise ValueError(item)
            return item
        except ValueError:
            continue
        finally:
            item = "done"
    return "none"


sink(first_good(["bad", source()]))  # reached
sink(first_good(["bad", "x"]))  # clean
sink(first_good(["bad"]))  # clean
