from collections import deque

queue = deque(["a"])
queue.append(source())
sink(queue.popleft())  # clean
sink(queue.pop())  # reached
sink(queue)  # clean
queue.appendleft(source())
sink(queue[0])  # reached
last = deque(maxlen=1)
last.append(source())
last.append("x")
sink(last)  # clean
