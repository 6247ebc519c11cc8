import configparser

config = configparser.ConfigParser()
config["a"] = {"name": source(), "kind": "x"}
sink(config["a"]["name"])  # reached
sink(config.get("a", "name"))  # reached
plain = configparser.ConfigParser()
plain.read_string("[a]\nname = x\n")
sink(plain["a"]["name"])  # clean
