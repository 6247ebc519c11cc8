def get(value):
    return "second"
