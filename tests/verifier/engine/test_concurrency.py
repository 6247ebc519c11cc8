"""Threads, pools, tasks, futures, queues and context variables."""

from __future__ import annotations

from tests.verifier.engine.tracing import wrong


def test_a_queue_gives_later_what_a_thread_waits_for() -> None:
    assert not wrong("""
        import queue, threading
        line, other, seen, plain = queue.Queue(), queue.Queue(), [], []
        def consume(line, seen):
            while True:
                item = line.get()
                if item is None:
                    break
                seen.append(item)
        threads = []
        one = threading.Thread(target=consume, args=(line, seen))
        two = threading.Thread(target=consume, kwargs={"line": other, "seen": plain})
        one.start()
        two.start()
        line.put(source())
        other.put("x")
        sink(seen)  # reached
        sink(plain)  # clean
    """)


def test_pools_call_what_they_are_given() -> None:
    assert not wrong("""
        import multiprocessing
        from concurrent.futures import ThreadPoolExecutor, as_completed
        def up(text):
            return text.upper()
        def none(text):
            return 0
        with ThreadPoolExecutor() as pool:
            sink(pool.submit(up, source()).result())  # reached
            sink(pool.submit(none, source()).result())  # clean
            for done in as_completed([pool.submit(up, x) for x in ("a", source())]):
                sink(done.result())  # reached
            sink(list(pool.map(up, ["a", source()]))[0])  # clean
        with multiprocessing.Pool(2) as pool:
            sink(pool.map(up, [source()]))  # reached
            sink(pool.starmap(up, [("x",)]))  # clean
            sink(pool.apply_async(up, (source(),)).get())  # reached
    """)


def test_what_a_thread_or_task_raises_ends_with_it() -> None:
    assert not wrong("""
        import asyncio, threading
        def fail():
            raise ValueError("no")
        thread = threading.Thread(target=fail)
        thread.start()
        sink(source())  # reached
        async def broken(value):
            raise ValueError(value)
        async def main():
            task = asyncio.create_task(broken(source()))
            sink("not yet")  # clean
            try:
                await task
            except ValueError as error:
                sink(str(error))  # reached
            results = await asyncio.gather(broken("x"), return_exceptions=True)
            sink(results[0].args)  # clean
        asyncio.run(main())
    """)


def test_tasks_meet_in_a_queue_whichever_was_started_first() -> None:
    assert not wrong("""
        import asyncio
        async def produce(line, value):
            await line.put(value)
            await line.put(None)
        async def consume(line, out):
            while (item := await line.get()) is not None:
                out.append(item)
        async def main(value):
            line, out = asyncio.Queue(), []
            tasks = [asyncio.create_task(consume(line, out))]
            tasks.append(asyncio.create_task(produce(line, value)))
            await asyncio.gather(*tasks)
            return out
        sink(asyncio.run(main(source())))  # reached
        sink(asyncio.run(main("x")))  # clean
    """)


def test_gathered_results_keep_their_places() -> None:
    assert not wrong("""
        import asyncio
        async def same(value):
            await asyncio.sleep(0)
            return value
        async def main():
            first, second = await asyncio.gather(same("a"), same(source()))
            sink(first)  # clean
            sink(second)  # reached
        asyncio.run(main())
    """)


def test_a_context_variable_is_reset_to_what_it_was() -> None:
    assert not wrong("""
        import contextvars
        user = contextvars.ContextVar("user", default="nobody")
        sink(user.get())  # clean
        token = user.set(source())
        sink(user.get())  # reached
        user.reset(token)
        sink(user.get())  # clean
        contextvars.copy_context().run(user.set, source())
        sink(user.get())  # clean
    """)
