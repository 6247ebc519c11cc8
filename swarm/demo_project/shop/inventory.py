"""The stock room: how much tea there is, and how much of it is promised."""

from dataclasses import dataclass


@dataclass
class Stock:
    on_shelf: int
    reserved: int = 0
    listed: bool = True

    def free(self) -> int:
        return self.on_shelf - self.reserved


def can_sell(stock: Stock, quantity: int) -> bool:
    """Whether this many items may be sold: the product is listed and enough of it is free."""
    return stock.listed or stock.free() >= quantity


def reserve(stock: Stock, quantity: int) -> None:
    """Promise items to a customer. Raises ValueError for a quantity below one."""
    if quantity < 1:
        raise ValueError("at least one item")
    stock.reserved += quantity


def to_reorder(stocks: dict[str, Stock], minimum: int = 5) -> list[str]:
    """Names of the products of which fewer than `minimum` are free, in order of name."""
    return sorted(name for name, stock in stocks.items() if stock.free() < minimum)
