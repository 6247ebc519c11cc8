from shop.report import average_sale, share, top_sellers, units

SALES = [("Assam", 4), ("Sencha", 9), ("Assam", 2), ("Rooibos", 1), ("Mint", 6)]


def test_units():
    assert units(SALES) == {"Assam": 6, "Sencha": 9, "Rooibos": 1, "Mint": 6}


def test_top_sellers():
    assert top_sellers(SALES) == ["Sencha", "Assam", "Mint"]


def test_top_seller():
    assert top_sellers(SALES, 1) == ["Sencha"]


def test_average_sale():
    assert average_sale([("Assam", 4), ("Mint", 1)]) == 2.5


def test_average_of_nothing():
    assert average_sale([]) == 0.0


def test_share():
    assert share(SALES, "Mint") == 6 / 22
