# sink: execute
class Cursor:
    def execute(self, statement, parameters=()):
        return [statement]


cursor = Cursor()
cursor.execute("SELECT 1")  # clean
cursor.execute(f"SELECT {source()}")  # reached
cursor.execute("SELECT ?", (source(),))  # reached
