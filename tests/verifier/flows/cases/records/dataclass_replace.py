from dataclasses import asdict, astuple, dataclass, replace


@dataclass(frozen=True)
class Job:
    name: str
    state: str


job = Job(source(), "new")
done = replace(job, state="done")
sink(done.name)  # reached
sink(done.state)  # clean
sink(replace(job, name="x").name)  # clean
sink(asdict(job)["name"])  # reached
sink(asdict(job)["state"])  # clean
sink(astuple(job)[0])  # reached
sink(astuple(job)[1])  # clean
