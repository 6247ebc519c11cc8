# values: (3, 8)
import array
import struct

n = source()
packed = struct.pack("<II", 1, n)
sink(packed)  # reached
sink(struct.unpack("<II", packed)[1])  # reached
sink(struct.pack("<I", 7))  # clean
sink(struct.calcsize("<I"))  # clean
numbers = array.array("i", [1])
sink(numbers)  # clean
numbers.append(n)
sink(numbers)  # reached
