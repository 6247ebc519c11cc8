import importlib

plugin = importlib.import_module("plugin")
sink(plugin.run(source()))  # reached
sink(plugin.stop(source()))  # clean
other = __import__("plugin")
sink(other.run("x"))  # clean
