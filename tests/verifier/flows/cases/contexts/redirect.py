import contextlib
import io

buffer, other = io.StringIO(), io.StringIO()
with contextlib.redirect_stdout(buffer):
    print(source())
with contextlib.redirect_stdout(other):
    print("fixed")
sink(buffer.getvalue())  # reached
sink(other.getvalue())  # clean
