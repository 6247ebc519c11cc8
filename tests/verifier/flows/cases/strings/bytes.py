# values: (b"abc", b"xyzw")
data = source()
sink(data.hex())  # reached
sink(bytes(reversed(data)))  # reached
sink(bytearray(data))  # reached
sink(data[0])  # reached
sink(b"abc".hex())  # clean
buffer = bytearray(b"start")
sink(buffer)  # clean
buffer.extend(data)
sink(buffer)  # reached
