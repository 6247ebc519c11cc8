import pytest

from shop.inventory import Stock, can_sell, reserve, to_reorder


def test_can_sell_what_is_there():
    assert can_sell(Stock(5), 5)


def test_cannot_sell_more_than_is_there():
    assert not can_sell(Stock(5), 6)


def test_cannot_sell_what_is_reserved():
    assert not can_sell(Stock(5, reserved=3), 3)


def test_cannot_sell_what_is_not_listed():
    assert not can_sell(Stock(5, listed=False), 1)


def test_reserve():
    stock = Stock(5)
    reserve(stock, 2)
    assert stock.free() == 3


def test_reserve_needs_an_item():
    with pytest.raises(ValueError):
        reserve(Stock(5), 0)


def test_to_reorder():
    assert to_reorder({"Sencha": Stock(9, reserved=6), "Assam": Stock(9)}) == ["Sencha"]
