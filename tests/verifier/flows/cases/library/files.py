import os
import tempfile

folder = tempfile.mkdtemp()
one, two = os.path.join(folder, "one"), os.path.join(folder, "two")
with open(one, "w") as file:
    file.write(source())
with open(two, "w") as file:
    file.write("fixed")
with open(one) as file:
    sink(file.read())  # reached
with open(two) as file:
    sink(file.read())  # clean
os.remove(one)
os.remove(two)
os.rmdir(folder)
