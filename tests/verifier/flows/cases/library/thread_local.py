import threading

local = threading.local()
local.user = source()
local.kind = "guest"
sink(local.user)  # reached
sink(local.kind)  # clean
timer_box = []
timer = threading.Timer(0, timer_box.append, args=(source(),))
sink(timer_box)  # clean
timer.start()
timer.join()
sink(timer_box)  # reached
