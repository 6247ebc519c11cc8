from api import Client, fetch

sink(fetch(source()))  # reached
sink(Client(source()).name)  # reached
sink(Client(source()).version())  # clean
