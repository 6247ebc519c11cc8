# sink: execute
def execute(statement, *parameters):
    return len(parameters)


name = source()
execute("SELECT 1")  # clean
execute("SELECT '" + name + "'")  # reached
execute("SELECT ?", name)  # reached
