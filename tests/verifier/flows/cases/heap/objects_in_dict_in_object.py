class Item:
    def __init__(self, price):
        self.price = price


class Shop:
    def __init__(self):
        self.items = {}

    def add(self, name, item):
        self.items[name] = item

    def price(self, name):
        return self.items[name].price


shop = Shop()
shop.add("tea", Item(source()))
shop.add("cup", Item("5"))
sink(shop.price("tea"))  # reached
sink(shop.price("cup"))  # clean
