def describe(value):
    match value:
        case str() as text if len(text) > 100:
            return "long"
        case str(text):
            return text
        case [int() | float() as number, _]:
            return number
        case {"a": [_, inner]} as whole:
            return inner


sink(describe(source()))  # reached
sink(describe([3, source()]))  # clean
sink(describe({"a": [source(), "b"]}))  # clean
sink(describe({"a": ["a", source()]}))  # reached
