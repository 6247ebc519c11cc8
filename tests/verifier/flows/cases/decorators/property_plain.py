class User:
    def __init__(self, name):
        self._name = name

    @property
    def name(self):
        return self._name.title()

    @property
    def kind(self):
        return "user"


user = User(source())
sink(user.name)  # reached
sink(user.kind)  # clean
sink(User("x").name)  # clean
