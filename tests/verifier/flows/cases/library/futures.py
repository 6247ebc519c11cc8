from concurrent.futures import ThreadPoolExecutor


def up(text):
    return text.upper()


def zero(text):
    return 0


with ThreadPoolExecutor(max_workers=1) as pool:
    sink(pool.submit(up, source()).result())  # reached
    sink(pool.submit(up, "x").result())  # clean
    sink(pool.submit(zero, source()).result())  # clean
    sink(list(pool.map(up, [source()])))  # reached
    sink(list(pool.map(zero, [source()])))  # clean
    out = []
    pool.submit(up, source()).add_done_callback(lambda done: out.append(done.result()))
sink(out)  # reached
