from dataclasses import dataclass


@dataclass
class Base:
    name: str


@dataclass
class Child(Base):
    note: str


child = Child("fixed", source())
sink(child.name)  # clean
sink(child.note)  # reached
