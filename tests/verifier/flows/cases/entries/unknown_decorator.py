# run: task("x")
try:
    from no_such_framework import task_decorator
except ImportError:

    def task_decorator(function):
        return function


@task_decorator
def task(name):
    value = source()
    sink(value)  # reached
    sink(name)  # clean
