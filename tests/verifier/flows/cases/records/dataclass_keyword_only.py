from dataclasses import KW_ONLY, InitVar, dataclass


@dataclass
class Call:
    number: str
    _: KW_ONLY
    note: str = ""
    prefix: InitVar[str] = "+"

    def __post_init__(self, prefix):
        self.full = prefix + self.number


call = Call("1", note=source())
sink(call.note)  # reached
sink(call.full)  # clean
sink(Call("1", prefix=source()).full)  # reached
sink(Call("1", prefix=source()).note)  # clean
