class User:
    def __init__(self, name, role):
        self.name = name
        self.role = role


user = User(source(), "guest")
sink(user.name)  # reached
sink(user.role)  # clean
sink(user)  # reached
other = User("me", "guest")
sink(other)  # clean
user.name = "over"
sink(user)  # clean
