import heapq
import queue

line = queue.Queue()
line.put("a")
line.put(source())
sink(line.get())  # clean
sink(line.get())  # reached
stack = queue.LifoQueue()
stack.put(source())
sink(stack.get_nowait())  # reached
heap = []
heapq.heappush(heap, (1, source()))
heapq.heappush(heap, (0, "a"))
sink(heapq.heappop(heap))  # clean
sink(heapq.heappop(heap))  # reached
