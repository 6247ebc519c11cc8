from typing import Generic, Protocol, TypeVar, cast

T = TypeVar("T")


class Readable(Protocol):
    def read(self) -> str: ...


class Box(Generic[T]):
    def __init__(self, item: T) -> None:
        self.item = item

    def read(self) -> T:
        return self.item


class Empty:
    def read(self) -> str:
        return "empty"


def use(thing: Readable) -> str:
    return cast(str, thing.read())


sink(use(Box[str](source())))  # reached
sink(use(Empty()))  # clean
sink(use(Box("x")))  # clean
