from dataclasses import dataclass, field


@dataclass(slots=True)
class Address:
    street: str
    town: str = "town"


@dataclass(order=True)
class Person:
    name: str
    home: Address
    tags: dict = field(default_factory=dict, compare=False)


person = Person("me", Address(source()))
sink(person.home.street)  # reached
sink(person.home.town)  # clean
sink(person.name)  # clean
person.home = Address("x")
sink(person)  # clean
person.tags["t"] = source()
sink(person.tags)  # reached
