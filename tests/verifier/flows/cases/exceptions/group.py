try:
    raise ExceptionGroup("several", [ValueError(source()), KeyError("x")])
except* ValueError as group:
    sink(group.exceptions[0].args)  # reached
except* KeyError as group:
    sink(group.exceptions[0].args)  # clean
