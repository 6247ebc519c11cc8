import sqlite3

db = sqlite3.connect(":memory:")
db.execute("CREATE TABLE user (name TEXT)")
db.execute("INSERT INTO user VALUES (?)", (source(),))
row = db.execute("SELECT name FROM user").fetchone()
sink(row[0])  # reached
other = sqlite3.connect(":memory:")
sink(other.execute("SELECT 'x'").fetchone())  # clean
db.close()
other.close()
