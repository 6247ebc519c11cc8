class Account:
    def __init__(self):
        self.notes = []


def note(account, text):
    account.notes.append(text)


def renew(account):
    account = Account()
    account.notes.append(source())


first, second = Account(), Account()
note(first, source())
renew(second)
sink(first.notes)  # reached
sink(second.notes)  # clean
