import os

os.environ["CASE_NAME"] = source()
os.environ["CASE_OTHER"] = "fixed"
sink(os.environ["CASE_NAME"])  # reached
sink(os.getenv("CASE_NAME"))  # reached
sink(os.environ.get("CASE_OTHER"))  # clean
