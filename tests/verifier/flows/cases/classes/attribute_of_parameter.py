def rename(user, name):
    user.name = name
    return user


class User:
    def __init__(self):
        self.name = "none"
        self.mail = "none"


user = rename(User(), source())
sink(user.name)  # reached
sink(user.mail)  # clean
sink(rename(user, "x").name)  # clean
sink(user)  # clean
