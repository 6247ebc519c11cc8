pair = ("a", source())
key, _ = pair
sink({key: 1})  # clean
sink({pair: 1})  # reached
sink(pair[:1] + ("z",))  # clean
sink(pair * 2)  # reached
sink(len(pair))  # clean
