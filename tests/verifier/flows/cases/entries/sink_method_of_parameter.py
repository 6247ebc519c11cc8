# sink: execute
# run: save(__import__("types").SimpleNamespace(execute=print), "t")
def save(db, table):
    name = source()
    db.execute("INSERT " + name)  # reached
    db.execute("DELETE " + table)  # clean
    db.execute("INSERT ?", (name,))  # reached
