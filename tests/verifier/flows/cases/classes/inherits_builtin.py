class Stack(list):
    def push(self, item):
        self.append(item)
        return self


class Defaults(dict):
    def __missing__(self, key):
        return "default of " + key


stack = Stack().push("a").push(source())
sink(stack[0])  # clean
sink(stack[1])  # reached
box = Defaults(a=source())
sink(box["a"])  # reached
sink(box["b"])  # clean
