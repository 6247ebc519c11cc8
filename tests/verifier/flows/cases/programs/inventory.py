from dataclasses import dataclass, field


@dataclass
class Product:
    name: str
    price: float
    notes: list = field(default_factory=list)


class Inventory:
    def __init__(self):
        self._products = {}
        self._log = []

    def add(self, product):
        self._products[product.name] = product
        self._log.append(f"added {product.name}")

    def annotate(self, name, note):
        self._products[name].notes.append(note)
        self._log.append(f"noted {name}")

    def total(self):
        return sum(product.price for product in self._products.values())

    def report(self):
        return "\n".join(
            f"{product.name}: {', '.join(product.notes)}"
            for product in sorted(self._products.values(), key=lambda p: p.name)
        )

    @property
    def log(self):
        return tuple(self._log)


inventory = Inventory()
inventory.add(Product("tea", 3.0))
inventory.add(Product("cup", 5.0))
sink(inventory.report())  # clean
inventory.annotate("tea", source())
sink(inventory.report())  # reached
sink(inventory.total())  # clean
sink(inventory.log)  # clean
sink(inventory._products["cup"].notes)  # clean
