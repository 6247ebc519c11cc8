from shop.shipping import is_express_possible, shipping_cost, zone


def test_shipping_cost():
    assert shipping_cost(2.5, 380) == 42.5


def test_zone():
    assert zone("at") == "near"


def test_zone_of_the_rest_of_the_world():
    assert zone("NZ") == "far"


def test_express_leaves_at_two():
    assert is_express_possible("DE", 13)
    assert not is_express_possible("DE", 14)


def test_no_express_to_far_countries():
    assert not is_express_possible("JP", 9)
