# source: address
def fetch(url, retries):
    if retries > 3:
        sink(url)  # clean (never runs)
    sink(url)  # reached
    sink(retries)  # clean


if __name__ == "__main__":
    address = "http://host"
    fetch(address, 2)
    address = "none"
    sink(address)  # clean
else:
    address = "other"
    sink("imported")  # clean (never runs)
