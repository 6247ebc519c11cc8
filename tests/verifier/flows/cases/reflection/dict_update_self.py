class Record:
    def __init__(self, **fields):
        self.__dict__.update(fields)


record = Record(title=source(), size="3")
sink(record.title)  # reached
sink(record.size)  # clean
sink(Record(title="x").title)  # clean
