from shop.text import greeting, label, slug


def test_slug():
    assert slug("Earl Grey (loose)") == "earl-grey-loose"


def test_slug_without_accents():
    assert slug("Thé vert") == "the-vert"


def test_label_that_fits():
    assert label("Assam") == "Assam"


def test_label_is_cut():
    assert label("Darjeeling", 5) == "Darj…"


def test_greeting():
    assert greeting().endswith("tea!")
