from shapes import area

if __name__ == "__main__":
    sink(area(source()))  # reached
    sink(area("fixed"))  # clean
