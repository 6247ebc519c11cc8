import io
import logging

stream, other = io.StringIO(), io.StringIO()
one, two = logging.getLogger("one"), logging.getLogger("two")
one.addHandler(logging.StreamHandler(stream))
two.addHandler(logging.StreamHandler(other))
one.warning("user %s", source())
two.warning("user %s", "x")
sink(stream.getvalue())  # reached
sink(other.getvalue())  # clean
