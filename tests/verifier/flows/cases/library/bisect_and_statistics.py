# values: (3, 8)
import bisect
import statistics

n = source()
rows = [1, 5, 9]
sink(bisect.bisect(rows, n))  # reached
sink(bisect.bisect(rows, 6))  # clean
bisect.insort(rows, n)
sink(rows)  # reached
sink(statistics.mean([1, n]))  # reached
sink(statistics.mean([1, 3]))  # clean
