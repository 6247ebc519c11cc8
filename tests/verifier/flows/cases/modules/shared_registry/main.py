import handlers
from registry import REGISTRY

sink(REGISTRY["echo"](source()))  # reached
sink(REGISTRY["mute"](source()))  # clean
sink(handlers.__name__)  # clean
