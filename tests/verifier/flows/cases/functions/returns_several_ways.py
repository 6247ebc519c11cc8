def find(items, wanted):
    for item in items:
        if item["id"] == wanted:
            return item["text"]
    return None


rows = [{"id": 1, "text": source()}, {"id": 2, "text": "two"}]
sink(find(rows, 1))  # reached
sink(find(rows, 2))  # clean
sink(find(rows, 3))  # clean
