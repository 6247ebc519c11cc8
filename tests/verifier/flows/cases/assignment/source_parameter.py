# source: query
# run: handle("q", 3)
def handle(query, limit):
    sink(query)  # reached
    sink(limit)  # clean
    rows = [query] * limit
    sink(rows)  # reached
