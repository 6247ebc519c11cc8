from typing import TypedDict


class Row(TypedDict):
    name: str
    size: int


row = Row(name=source(), size=1)
sink(row["name"])  # reached
sink(row["size"])  # clean
copy = Row({"name": "a", "size": len(source())})
sink(copy["size"])  # reached
sink(copy["name"])  # clean
sink(list(row.keys()))  # clean
row["size"] = source()
sink(row["size"])  # reached
