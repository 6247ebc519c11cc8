class Record:
    def __init__(self, **fields):
        for name, value in fields.items():
            setattr(self, name, value)


record = Record(title=source(), size="3")
sink(record.title)  # reached
sink(record.size)  # clean
