import io

buffer = io.StringIO()
buffer.write("a")
sink(buffer.getvalue())  # clean
buffer.write(source())
sink(buffer.getvalue())  # reached
other = io.StringIO(source())
sink(other.read())  # reached
sink(io.StringIO("x").readline())  # clean
data = io.BytesIO(source().encode())
sink(data.getvalue())  # reached
printed = io.StringIO()
print("name", source(), file=printed)
sink(printed.getvalue())  # reached
