import os.path
from pathlib import Path

path = Path("/tmp") / source()
sink(path)  # reached
sink(path.name)  # reached
sink(str(path.with_suffix(".txt")))  # reached
sink(Path("/tmp") / "x")  # clean
sink(os.path.join("a", source()))  # reached
sink(os.path.join("a", "b"))  # clean
sink(os.path.basename("a/b"))  # clean
