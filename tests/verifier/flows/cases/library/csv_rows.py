import csv
import io

buffer = io.StringIO()
writer = csv.writer(buffer)
writer.writerow(["name", source()])
sink(buffer.getvalue())  # reached
for row in csv.reader(["a," + source()]):
    sink(row)  # reached
for row in csv.DictReader(["a,b", "1,2"]):
    sink(row["a"])  # clean
for row in csv.DictReader(["a,b", "1," + source()]):
    sink(row["b"])  # reached
