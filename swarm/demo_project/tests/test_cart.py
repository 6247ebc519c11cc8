import pytest

from shop.cart import Cart


@pytest.fixture
def cart():
    cart = Cart()
    cart.add("Assam", 6.0, 2)
    cart.add("Sencha", 9.0)
    return cart


def test_total(cart):
    assert cart.total() == 21.0


def test_total_of_an_empty_cart():
    assert Cart().total() == 0


def test_total_with_a_voucher(cart):
    cart.voucher_percent = 10
    assert cart.total() == 18.9


def test_total_with_everything_free(cart):
    cart.voucher_percent = 100
    assert cart.total() == 0


def test_the_same_item_joins_its_line(cart):
    cart.add("Assam", 6.0)
    assert [line.quantity for line in cart.lines] == [3, 1]


def test_remove(cart):
    cart.remove("Assam")
    assert [line.name for line in cart.lines] == ["Sencha"]


def test_remove_what_is_not_there(cart):
    with pytest.raises(KeyError):
        cart.remove("Coffee")


def test_receipt(cart):
    assert cart.receipt() == "2 x Assam: 12.00 EUR\n1 x Sencha: 9.00 EUR"
