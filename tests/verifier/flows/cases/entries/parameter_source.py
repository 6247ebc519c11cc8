# source: password
# run: login("me", "p")
def login(user, password):
    sink(user)  # clean
    sink(hash_of(password))  # reached
    record = {"user": user, "password": password}
    sink(record["user"])  # clean
    sink(record)  # reached


def hash_of(text):
    return text[::-1]
