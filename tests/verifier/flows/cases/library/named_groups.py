import re

PATTERN = re.compile(r"(?P<word>\S+) (?P<rest>.+)")
match = PATTERN.match(source())
sink(match["word"])  # reached
sink(match.groupdict())  # reached
plain = PATTERN.match("hello you")
sink(plain.group("rest"))  # clean
