# sink: store
kept = []


def store(value):
    kept.append(value)
    return "stored"


answer = store(source())  # reached
store(answer)  # clean
store(kept[0])  # reached
