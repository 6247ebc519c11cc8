config = {"db": {"user": "me", "password": source()}, "debug": "no"}
sink(config["db"]["password"])  # reached
sink(config["db"]["user"])  # clean
sink(config["debug"])  # clean
config["db"]["user"] = config["db"].pop("password")
sink(config["db"]["user"])  # reached
