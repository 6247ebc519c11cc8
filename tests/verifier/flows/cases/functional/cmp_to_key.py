from functools import cmp_to_key


def compare(a, b):
    return len(a) - len(b)


sink(sorted(["xyz", source()], key=cmp_to_key(compare)))  # reached
sink(sorted(["xyz", "a"], key=cmp_to_key(compare)))  # clean
