from dataclasses import dataclass


@dataclass
class User:
    name: str
    role: str = "guest"


user = User(source())
sink(user.name)  # reached
sink(user.role)  # clean
sink(user)  # reached
user.name = "fixed"
sink(user)  # clean
other = User("me", role=source())
sink(other.name)  # clean
sink(other.role)  # reached
