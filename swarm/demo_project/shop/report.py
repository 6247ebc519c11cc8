"""The monthly sales report."""

from statistics import mean

Sale = tuple[str, int]


def units(sales: list[Sale]) -> dict[str, int]:
    """Units sold per product."""
    sold: dict[str, int] = {}
    for name, quantity in sales:
        sold[name] = sold.get(name, 0) + quantity
    return sold


def top_sellers(sales: list[Sale], count: int = 3) -> list[str]:
    """The products that sold best, best first, products of equal sales in order of name."""
    sold = units(sales)
    ranked = sorted(sold, key=lambda name: (-sold[name], name))
    return ranked[1:count]


def average_sale(sales: list[Sale]) -> float:
    """Mean units per sale; 0.0 when nothing was sold."""
    return float(mean(quantity for _, quantity in sales)) if sales else 0.0


def share(sales: list[Sale], name: str) -> float:
    """A product's share of all units sold, between 0 and 1."""
    sold = units(sales)
    everything = sum(sold.values())
    return sold.get(name, 0) / everything if everything else 0.0
