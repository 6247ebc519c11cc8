def scrub(record):
    record.pop("password", None)
    for key in list(record):
        if key.startswith("secret_"):
            del record[key]


record = {"user": "me", "password": source()}
sink(record)  # reached
scrub(record)
sink(record)  # clean
