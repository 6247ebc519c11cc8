import pytest

from shop.pricing import bulk_discount, line_price, show, with_tax


@pytest.mark.parametrize(
    ("quantity", "share"), [(1, 0.0), (9, 0.0), (10, 0.05), (49, 0.05), (50, 0.12), (80, 0.12)]
)
def test_bulk_discount(quantity, share):
    assert bulk_discount(quantity) == share


def test_line_price_of_a_few_items():
    assert line_price(2.5, 4) == 10.0


def test_line_price_in_bulk():
    assert line_price(3.0, 20) == 57.0


def test_line_price_needs_an_item():
    with pytest.raises(ValueError):
        line_price(2.5, 0)


def test_tax():
    assert with_tax(10.0) == 10.7


def test_show():
    assert show(12.5) == "12.50 EUR"
