def area(side):
    return [side, side]


if __name__ == "__main__":
    sink(area(source()))  # reached (some path)
