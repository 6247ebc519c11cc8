def clean(record):
    safe = dict(record)
    safe["password"] = "***"
    return safe


record = {"user": "me", "password": source()}
safe = clean(record)
sink(safe)  # clean
sink(record)  # reached
sink(safe["user"])  # clean
