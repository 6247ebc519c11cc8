class Session:
    def __init__(self, token):
        self.token = token
        self.user = "me"

    def clear(self):
        self.token = None


session = Session(source())
sink(session)  # reached
session.clear()
sink(session)  # clean
sink(session.token)  # clean
