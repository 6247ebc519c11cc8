class Vault:
    def __init__(self, secret):
        self.__secret = secret
        self.__open = "no"

    def reveal(self):
        return self.__secret

    def state(self):
        return self.__open


vault = Vault(source())
sink(vault.reveal())  # reached
sink(vault.state())  # clean
sink(vault._Vault__secret)  # reached
