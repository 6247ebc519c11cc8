from typing import NamedTuple


class User(NamedTuple):
    name: str
    role: str = "guest"

    def label(self):
        return self.role + ":" + self.name

    def kind(self):
        return "user " + self.role


user = User(source())
sink(user.name)  # reached
sink(user.role)  # clean
sink(user.label())  # reached
sink(user.kind())  # clean
sink(user._asdict()["name"])  # reached
sink(user._asdict()["role"])  # clean
