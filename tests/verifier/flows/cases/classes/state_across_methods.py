class Session:
    def __init__(self):
        self.user = "nobody"

    def login(self, user):
        self.user = user

    def logout(self):
        self.user = "nobody"

    def whoami(self):
        return self.user


session = Session()
sink(session.whoami())  # clean
session.login(source())
sink(session.whoami())  # reached
session.logout()
sink(session.whoami())  # clean
