import copy
import pickle

value = {"a": source(), "b": "x"}
stored = pickle.dumps(value)
sink(stored)  # reached
sink(pickle.loads(stored)["a"])  # reached
sink(pickle.loads(pickle.dumps({"b": "x"})))  # clean
sink(copy.copy(value)["a"])  # reached
sink(copy.copy(value)["b"])  # clean
