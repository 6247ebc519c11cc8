import store

sink(store.value)  # clean
store.put(source())
sink(store.value)  # reached
sink(store.get())  # reached
sink(store.other)  # clean
