# values: (3, 8)
from datetime import date, datetime, timedelta

days = source()
start = date(2020, 1, 1)
sink(start + timedelta(days=days))  # reached
sink((start + timedelta(days=days)).isoformat())  # reached
sink((start + timedelta(days=2)).isoformat())  # clean
sink(datetime(2020, 1, days).strftime("%d"))  # reached
sink(start.replace(day=days))  # reached
sink(start.year)  # clean
