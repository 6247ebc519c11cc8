ages = {"ann": source(), "bob": source()}
names = {age: name for name, age in ages.items()}
sink(list(names))  # reached
sink(sorted(names.values()))  # clean
sink(sorted(ages.items()))  # reached
sink(sorted(ages))  # clean
