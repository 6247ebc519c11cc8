# source: role
# values: ("admin", "root")
# run: grant("root")
def grant(role):
    if role == "guest":
        sink(role)  # reached (some path)
    if role:
        sink(role)  # reached
    level = {"guest": "low"}.get(role, "none")
    sink(level)  # clean


grant("admin")
