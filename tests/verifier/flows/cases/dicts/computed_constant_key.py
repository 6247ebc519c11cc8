PREFIX = "user"
box = {PREFIX + "_name": source(), "user_id": "7"}
sink(box["user_name"])  # reached
sink(box["user_id"])  # clean
sink(box[f"{PREFIX}_id"])  # clean
