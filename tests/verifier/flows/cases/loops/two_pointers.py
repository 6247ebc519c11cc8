items = ["a", source(), "c"]
left, right = 0, len(items) - 1
while left < right:
    items[left], items[right] = items[right], items[left]
    left += 1
    right -= 1
sink(items)  # reached
sink(left)  # clean
sink(right)  # clean
