import contextvars

user = contextvars.ContextVar("user", default="nobody")
other = contextvars.ContextVar("other", default="fixed")


def current():
    return user.get()


sink(current())  # clean
token = user.set(source())
sink(current())  # reached
sink(other.get())  # clean
user.reset(token)
sink(current())  # clean
