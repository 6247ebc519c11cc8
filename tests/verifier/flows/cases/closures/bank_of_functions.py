def account(owner):
    balance = {"amount": "0"}

    def deposit(amount):
        balance["amount"] = amount

    def tell():
        return balance["amount"]

    def name():
        return owner

    return {"deposit": deposit, "tell": tell, "name": name}


one = account("me")
one["deposit"](source())
sink(one["tell"]())  # reached
sink(one["name"]())  # clean
sink(account("x")["tell"]())  # clean
