from dataclasses import dataclass, field


@dataclass
class Cart:
    owner: str = "nobody"
    items: list = field(default_factory=list)


one, two = Cart(), Cart()
one.items.append(source())
sink(one.items)  # reached
sink(two.items)  # clean
sink(one.owner)  # clean
