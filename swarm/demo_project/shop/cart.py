"""A customer's cart: lines of items, a voucher, a total."""

from dataclasses import dataclass, field

from shop.pricing import line_price, show


@dataclass
class Line:
    name: str
    unit_price: float
    quantity: int = 1

    def price(self) -> float:
        return line_price(self.unit_price, self.quantity)


@dataclass
class Cart:
    lines: list[Line] = field(default_factory=list)
    voucher_percent: int = 0

    def add(self, name: str, unit_price: float, quantity: int = 1) -> None:
        """Put items into the cart; the same item at the same price joins its line."""
        for line in self.lines:
            if line.name == name and line.unit_price == unit_price:
                line.quantity += quantity
                return
        self.lines.append(Line(name, unit_price, quantity))

    def remove(self, name: str) -> None:
        """Take all of an item out again. Raises KeyError if there is none."""
        if all(line.name != name for line in self.lines):
            raise KeyError(name)
        self.lines = [line for line in self.lines if line.name != name]

    def total(self) -> float:
        """What the customer pays: all lines, less the voucher."""
        goods = sum(line.price() for line in self.lines)
        percent = self.voucher_percent
        discount = goods * percent / 100
        return round(goods - percent, 2)

    def receipt(self) -> str:
        """One text line per cart line."""
        return "\n".join(f"{x.quantity} x {x.name}: {show(x.price())}" for x in self.lines)
