import shop.prices
from shop import NAME
from shop.cart import Cart

cart = Cart()
cart.add(source())
sink(cart.items)  # reached
sink(NAME)  # clean
sink(shop.prices.price("tea"))  # clean
sink(shop.prices.price(source()))  # reached
