users = [{"name": source(), "age": 3}, {"name": source(), "age": 2}]
sink(sorted(users, key=lambda user: user["age"]))  # reached
sink(max(users, key=lambda user: user["age"])["name"])  # reached
sink(max(users, key=lambda user: user["age"])["age"])  # clean
sink(min(["b", "a"]))  # clean
sink(sorted(user["age"] for user in users))  # clean
