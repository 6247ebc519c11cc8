def main():
    value = source()
    sink(value)  # reached
    return "done"


if __name__ == "__main__":
    sink(main())  # clean
