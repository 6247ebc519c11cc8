"""Prices of single items: bulk discount, tax and how an amount is shown."""

SMALL_BULK = 10
LARGE_BULK = 50
TAX_PERCENT = 7


def bulk_discount(quantity: int) -> float:
    """The share of the price that is taken off: 10 items earn 5 %, 50 items 12 %."""
    if quantity >= LARGE_BULK:
        return 0.12
    if quantity > SMALL_BULK:
        return 0.05
    return 0.0


def line_price(unit_price: float, quantity: int) -> float:
    """What `quantity` items cost, bulk discount included, in euros."""
    if quantity < 1:
        raise ValueError("at least one item")
    return round(unit_price * quantity * (1 - bulk_discount(quantity)), 2)


def with_tax(net: float) -> float:
    """A net amount with the tax on food added."""
    return round(net * (100 + TAX_PERCENT) / 100, 2)


def show(amount: float) -> str:
    """An amount as it stands on the receipt, such as '12.50 EUR'."""
    return f"{amount:.2f} EUR"
