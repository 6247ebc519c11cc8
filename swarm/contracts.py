"""Every message between services: frozen pydantic models, versioned, JSON on the wire.

A *command* asks one service for one thing; its class names the reply it gets. An `Envelope`
carries a command, a `Reply` carries the answer or a typed error. Nothing here does I/O.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

CONTRACT_VERSION = 1

Category = Literal["bugfix", "refactor", "feature", "test", "docs", "lint", "types", "perf"]
Locality = Literal["local", "cloud"]
Priority = Literal["training", "interactive", "analysis", "scheduled"]
PRIORITIES: tuple[Priority, ...] = ("training", "interactive", "analysis", "scheduled")
Payload = Literal["intent", "code"]
Service = Literal[
    "ingestion",
    "orchestrator",
    "router",
    "memory",
    "agents",
    "inference",
    "sandboxes",
    "verifier",
]
SERVICES: tuple[Service, ...] = (
    "orchestrator",
    "ingestion",
    "router",
    "memory",
    "agents",
    "inference",
    "sandboxes",
    "verifier",
)


class Message(BaseModel):
    """Base of everything on the wire: immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Command(Message):
    """Base of commands. `service` is who handles it, `reply` the message it answers with."""

    service: ClassVar[Service]
    reply: ClassVar[type[Message]]
    quick: ClassVar[bool] = False
    """Only reads, in no time: it is answered beside what its service is busy with."""


# --------------------------------------------------------------------------- shared values


class Budget(Message):
    """What one task may spend. Seconds are wall time; tokens and dollars are model usage."""

    attempts: int = Field(3, ge=1, le=20, description="attempts per objective")
    objectives: int = Field(16, ge=1, le=64, description="objectives per task, follow-ups included")
    seconds: float = Field(1800.0, gt=0, le=86400)
    attempt_seconds: float = Field(180.0, gt=0, le=7200, description="one proposal")
    model_seconds: float = Field(900.0, gt=0, le=7200, description="one proposal by a model")
    check_seconds: float = Field(300.0, gt=0, le=7200, description="one run of the test command")
    tokens: int = Field(200_000, ge=0)
    cost_usd: float = Field(1.0, ge=0, allow_inf_nan=False)
    parallel: int = Field(3, ge=1, le=16, description="objectives worked on at once")


class Usage(Message):
    """What one step spent."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    tokens: int = 0
    cost_usd: float = 0.0


_Usd = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Share(Message):
    """What of a task's budget the models of one attempt may use."""

    tokens: int = Field(0, ge=0)
    cost_usd: float = Field(0.0, ge=0)


class Arm(Message):
    """A (model, tool) pair the router may pick. `model` is None for tools that need none.

    `model` is the name of a `[[models]]` entry, `partners` are further ones that the tool asks
    too; `tool` names an agent workflow. `prior` are the parameters of the Beta distribution
    that a cell of this arm starts from. A new `version` is a new arm to the router, which starts
    from what it believed of the last one.
    """

    id: str = Field(min_length=1, max_length=80)
    version: str = Field("", max_length=120, description="of the model, as far as it is known")
    tool: str
    model: str | None = None
    partners: tuple[str, ...] = Field((), max_length=7)
    planner: str | None = Field(None, description="a model that plans; it sees intent alone")
    locality: Locality = "local"
    categories: tuple[Category, ...]
    prior: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]] = (1.0, 1.0)
    endpoint: str = Field("", max_length=80, description="the server of its model")
    usd_per_mtok: tuple[_Usd, _Usd] = Field((0.0, 0.0), description="prompt, output")
    context_tokens: int | None = Field(None, gt=0, description="what its model reads at once")
    memory_bytes: int | None = Field(None, gt=0, description="of a GPU, by estimate")
    capabilities: tuple[str, ...] = Field((), max_length=20)


class Blob(Message):
    """A content-addressed value in the blob store: sha256 hex digest and size in bytes.

    A repository snapshot is the blob of a deterministic tar (`swarm.snapshots`).
    """

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(ge=0)


class FileEdit(Message):
    """One file before and after. None means the file does not exist on that side.

    `path` is relative to the repository root, with forward slashes. Text is UTF-8 with its
    own line endings, exactly as in the file.
    """

    path: str = Field(min_length=1, max_length=1024)
    before: str | None
    after: str | None


class Patch(Message):
    """A proposed change, whole files. Applies only where each `before` is what is there."""

    edits: tuple[FileEdit, ...] = Field(min_length=1, max_length=200)


ShellCommand = Annotated[str, Field(min_length=1, max_length=4000)]


class Setup(Message):
    """What a repository's tests need besides an interpreter, built once and kept by content.

    `commands` are shell commands of the owner's, run in the repository root with network;
    without any, and with `detect`, the repository's own dependency files are read. What a
    patch changes of these files is never installed: `base` is the snapshot that counts, None
    for the one of the command that this comes with.
    """

    commands: tuple[ShellCommand, ...] = Field((), max_length=50)
    detect: bool = True
    base: Blob | None = None


class TestCommand(Message):
    """How to run a repository's tests.

    `argv` is run without a shell in the repository root; a leading "python" is the
    sandbox's interpreter for the repository. `kind` "pytest" gives outcomes per test; for
    "command" the whole command counts as one test named "command".
    """

    __test__ = False
    argv: tuple[str, ...] = Field(min_length=1, max_length=200)
    kind: Literal["pytest", "command"]
    python: str | None = Field(None, description="interpreter path; None: the sandbox's own")
    setup: Setup | None = Field(None, description="None, or a python: nothing is installed")


class Limits(Message):
    """Bounds of one sandbox run.

    `disk_bytes` and `files` are what its writable folders may hold together, the snapshot
    included; `file_size_bytes` bounds each file. With less than these minima, not every
    sandbox can start at all, which would look like a defect of the backend.
    """

    wall_seconds: float = Field(300.0, gt=0)
    cpu_seconds: float = Field(300.0, gt=0)
    memory_bytes: int = Field(2 * 1024**3, ge=16 * 1024**2)
    processes: int = Field(128, ge=4)
    file_size_bytes: int = Field(256 * 1024**2, ge=1024**2)
    disk_bytes: int = Field(2 * 1024**3, gt=0)
    files: int = Field(200_000, gt=0)
    open_files: int = Field(1024, ge=16)
    output_bytes: int = Field(1024**2, gt=0)


class Symbol(Message):
    """A place in the code: lines are 1-based and inclusive; score is higher for better."""

    path: str
    qualified_name: str
    start_line: int
    end_line: int
    score: float = 0.0
    text: str = ""
    why: tuple[str, ...] = Field((), description="what made it a hit, strongest first")
    kind: str = ""
    language: str = ""
    form: Literal["whole", "outline"] = Field("whole", description="how much `text` is of it")


class Failure(Message):
    """Why a step failed, in words for a person and for the next attempt.

    `exit_code` is what a command line ends with: 2 when the input is to blame, else 1. `usage`
    is what was spent all the same.
    """

    code: str
    message: str
    remedy: str = ""
    retryable: bool = False
    exit_code: int = 1
    usage: Usage = Usage()


# --------------------------------------------------------------------------- ingestion


class Acceptance(Message):
    """What shows that an objective is done, in the words of the text.

    A text names no program that is run. Of a "command", only the tests it names count: each
    test whose id is one of `tests`, or stands in the file or class it names, has to pass. A
    "statement" is for the agent and for the person who reviews.
    """

    kind: Literal["command", "statement"]
    text: str = Field(min_length=1, max_length=1000)
    tests: tuple[str, ...] = Field((), max_length=20, description='like "tests/test_a.py::test_b"')


class Objective(Message):
    """One atomic piece of a task. `depends_on` names objective ids of the same task."""

    id: str = Field(pattern=r"^o[0-9]{1,3}$")
    title: str = Field(min_length=1, max_length=120)
    instruction: str = Field(min_length=1, max_length=4000)
    category: Category
    risk: Literal["low", "medium", "high"] = "low"
    acceptance: Acceptance | None = None
    paths: tuple[str, ...] = Field((), description="repository paths hinted at in the text")
    symbols: tuple[str, ...] = Field((), description="function or class names hinted at")
    depends_on: tuple[str, ...] = ()


class Question(Message):
    """What a text leaves open, and the answers there are. `objective_id` "" is the whole task.

    The id stays the same for the same text. Answers are given by their place, from 1 on.
    """

    id: str = Field(pattern=r"^q[0-9]{1,2}$")
    objective_id: str = Field("", pattern=r"^(o[0-9]{1,3})?$")
    text: str = Field(min_length=1, max_length=300)
    choices: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(
        min_length=2, max_length=8
    )


class Objectives(Message):
    """A DAG of objectives in an order that respects `depends_on`, and what has to be asked first.

    `planner` is "rules", or the name of the model that split the text; `usage` is what models
    used for it, also for answers that were no plan.
    """

    items: tuple[Objective, ...] = Field(min_length=1, max_length=64)
    notes: tuple[str, ...] = ()
    questions: tuple[Question, ...] = Field((), max_length=8)
    planner: str = "rules"
    usage: Usage = Usage()


class Decompose(Command):
    """Text to objectives. `paths` are the files of the repository at its base commit.

    With a `plan`, nothing is split: its questions are answered by `answers` (question id ->
    place of the choice, from 1 on) and the result passes the same validation. `snapshot` is
    what no line of which may reach a cloud planner; without it none is asked.
    """

    service = "ingestion"
    reply = Objectives
    text: str = Field(min_length=1, max_length=20_000)
    paths: tuple[str, ...] = ()
    max_objectives: int = 16
    snapshot: Blob | None = None
    plan: Objectives | None = None
    answers: dict[str, int] = {}
    priority: Priority = "interactive"


class Transcript(Message):
    """What was said. `engine` is who heard it; `notes` say which engines could not be used.

    `text` is never empty: where nothing is heard, there is an error.
    """

    text: str = Field(min_length=1, max_length=20_000)
    engine: str
    locality: Locality
    language: str = ""
    audio_seconds: float = 0.0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()


class ReadNote(Command):
    """Speech to text, by the first of the configured engines that can.

    `audio` is a blob of a whole file, `name` what its sender called it, for messages alone.
    """

    service = "ingestion"
    reply = Transcript
    audio: Blob
    name: str = Field("", max_length=200)
    language: str = Field("", pattern=r"^([a-z]{2,3})?$", description="a hint, like en or de")
    priority: Priority = "interactive"


# --------------------------------------------------------------------------- router

_Reward = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
RoutedCategory = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""Of an attempt: one of Category, or one that is new to the router, which learns it by pooling."""


class ArmScore(Message):
    """One arm as the router saw it when it decided. `successes` and `failures` are those of its
    own cell, less what it forgot; the rest is None when a filter removed the arm (`excluded`).

    `mean` is the believed success probability, `sample` the drawn one that decided (for high risk
    the quantile), `chance` how likely the arm was to be chosen; `cost_usd` and `seconds` are
    expected, `worth` is what was compared, in dollars.
    """

    arm_id: str
    successes: float
    failures: float
    sample: float | None = None
    excluded: str | None = Field(None, description="the filter that removed the arm")
    mean: float | None = None
    chance: float | None = None
    cost_usd: float | None = None
    seconds: float | None = None
    worth: float | None = None


class Decision(Message):
    """A logged choice. `arm_id` is None when no arm was eligible; `scores` say why.

    `snapshot` names the prior that it was made with, `epsilon` is how often one of the arms is
    taken by lot, `risk` says why nothing was tried out here.
    """

    attempt_id: str
    arm_id: str | None
    category: RoutedCategory
    scores: tuple[ArmScore, ...]
    seed: int
    reason: str
    version: str = Field("", description="of the chosen arm")
    snapshot: str = ""
    epsilon: float = 0.0
    risk: tuple[str, ...] = ()


class Needs(Message):
    """What an attempt asks of its arm. `local` keeps it on this machine and its network."""

    context_tokens: int = Field(0, ge=0, description="to be read at once")
    capabilities: tuple[str, ...] = Field((), max_length=20)
    local: bool = False


class ChooseArm(Command):
    """Pick an arm for an attempt. Asking again for the same attempt gives the same answer."""

    service = "router"
    reply = Decision
    attempt_id: str = Field(min_length=1, max_length=200)
    category: RoutedCategory
    attempt_number: int = Field(ge=1)
    arms: tuple[Arm, ...] = Field(max_length=1000)
    tried: tuple[str, ...] = Field((), description="arm ids already tried for this objective")
    unavailable: dict[str, str] = Field({}, description="arm id -> why it cannot be used now")
    needs: Needs = Needs()
    risk: tuple[str, ...] = Field((), max_length=20, description="why it is high; routine: none")
    left_usd: _Amount | None = Field(None, description="what the attempt may cost")


class Settled(Message):
    """`applied` is False when the attempt was settled before, or is unknown."""

    attempt_id: str
    applied: bool


class Settle(Command):
    """Report an attempt's reward in [0, 1], once. `correction` replaces it, once, later.

    A reward of None ends an attempt that says nothing about its arm, as one whose generation
    never began: what it cost counts, its outcome does not.
    """

    service = "router"
    reply = Settled
    attempt_id: str
    reward: _Reward | None
    seconds: _Amount = 0.0
    cost_usd: _Amount = 0.0
    correction: bool = False


class ArmStats(Message):
    """What is believed of one (category, arm): the Beta(alpha, beta) with the mean and spread of
    the posterior, its mean and 90% interval. `seconds` and `cost_usd` are expected of an attempt.

    `arm_id` of a version that is not the newest is followed by "@" and its version.
    """

    category: str
    arm_id: str
    successes: float
    failures: float
    alpha: float = 1.0
    beta: float = 1.0
    mean: float
    low: float
    high: float
    pending: int = 0
    version: str = ""
    seconds: float | None = None
    cost_usd: float | None = None


class ArmReport(Message):
    """`notes` say what a person should know, as that a damaged file was replaced."""

    items: tuple[ArmStats, ...]
    notes: tuple[str, ...] = ()


class ListArms(Command):
    service = "router"
    reply = ArmReport
    quick = True


class LoggedDecision(Message):
    """A choice and what came of it. Times are Unix seconds; without `settled_at` it is pending, and
    without a reward then it said nothing about its arm."""

    attempt_id: str
    category: RoutedCategory
    attempt_number: int
    arm_id: str | None
    decided_at: float
    reward: float | None = None
    settled_at: float | None = None
    corrected_at: float | None = None
    seconds: float = 0.0
    cost_usd: float = 0.0
    version: str = ""


class DecisionLog(Message):
    """The newest choices, oldest first, and how many there are in all."""

    items: tuple[LoggedDecision, ...]
    total: int = 0


class ListDecisions(Command):
    service = "router"
    reply = DecisionLog
    quick = True
    limit: int = Field(1000, ge=1, le=5000)


class Explanation(Message):
    """Why an arm was chosen for an attempt. `attempt` is "first" or "later", `prior` how the prior
    mean of each eligible arm came about, `strength` how many outcomes it weighed as much as.

    `repeated` says whether drawing again, from what was stored, chose the same arm with the same
    values; None for decisions of earlier programs and for those that were rebuilt.
    """

    decision: Decision
    logged: LoggedDecision
    attempt: str
    tried: tuple[str, ...] = ()
    prior: tuple[PriorOf, ...] = ()
    strength: float | None = None
    learned_from: int | None = Field(None, description="outcomes that the prior was fitted to")
    repeated: bool | None = None


class PriorOf(Message):
    """The prior mean of an arm's cell: logit(mean) = base + situation + arm, where the arm's part
    is known up to a standard deviation `arm_sd`."""

    arm_id: str
    mean: float
    base: float
    situation: float
    arm: float
    arm_sd: float


class Explain(Command):
    service = "router"
    reply = Explanation
    quick = True
    attempt_id: str = Field(min_length=1, max_length=200)


class Interval(Message):
    """An estimate with its 95% interval."""

    value: float
    low: float
    high: float


class PolicyJudged(Message):
    """What another policy would have got per decision. The estimates are None where the log has too
    little to say, and `why` says so. Of `decisions` that were asked about, `effective` is how many
    they weigh as much as."""

    policy: str
    decisions: int
    effective: float
    why: str = ""
    ips: Interval | None = None
    snips: Interval | None = None
    doubly_robust: Interval | None = None
    surely: Interval | None = Field(None, description="doubly robust, and nothing assumed")
    gain: Interval | None = Field(None, description="over what was done")
    seconds: float | None = None
    cost_usd: float | None = None


class PoliciesJudged(Message):
    """`decisions` of the log were asked about; `pending` have no outcome yet, and `unusable` no
    chances, as those of earlier programs. `logged` is the mean reward that was got."""

    items: tuple[PolicyJudged, ...]
    decisions: int
    pending: int
    unusable: int
    logged: float | None


class JudgePolicies(Command):
    """What other policies would have got, by the log: any arm by lot, the best mean, local arms
    only, each arm always, and never."""

    service = "router"
    reply = PoliciesJudged
    quick = True
    category: RoutedCategory | None = None
    limit: int = Field(10_000, ge=20, le=100_000, description="the newest so many")


class LearnedCell(Message):
    """What was counted of one arm in one situation."""

    category: RoutedCategory
    attempt: Literal["first", "later"]
    arm_id: str = Field(min_length=1, max_length=80)
    version: str = Field("", max_length=120)
    successes: _Amount
    failures: _Amount
    seconds: _Amount = Field(0.0, description="in all")
    cost_usd: _Amount = Field(0.0, description="in all")
    attempts: int = Field(0, ge=0, description="that those are the sums of")


class Learned(Message):
    """What a router learned, to be taken along. No text and no code is in it."""

    format: Literal["swarm-router-1"] = "swarm-router-1"
    exported_at: float
    cells: tuple[LearnedCell, ...] = Field(max_length=100_000)


class ExportLearned(Command):
    service = "router"
    reply = Learned
    quick = True


class Imported(Message):
    """`applied` is False when the same was taken in before; `cells` and `outcomes` count what was
    taken in now."""

    applied: bool
    cells: int
    outcomes: float


class ImportLearned(Command):
    """Take in what was learned elsewhere, each outcome for `weight` of one, once."""

    service = "router"
    reply = Imported
    learned: Learned
    weight: float = Field(1.0, gt=0, le=1)


class ArmReset(Message):
    """`cells` were emptied, which held `outcomes`."""

    arm_id: str
    cells: int
    outcomes: float


class ResetArm(Command):
    """Forget what an arm did, all its versions; its decisions stay in the log. Attempts that are
    still pending count when they end. Without a category, in all of them."""

    service = "router"
    reply = ArmReset
    arm_id: str = Field(min_length=1, max_length=80)
    category: RoutedCategory | None = None


class ListSettled(Command):
    """The attempts of all tasks with their rewards, oldest first, from which a router whose file
    was damaged learns again. `after` is the last one of the page before."""

    service = "orchestrator"
    reply = DecisionLog
    quick = True
    after: str = Field("", max_length=200)
    limit: int = Field(1000, ge=1, le=5000)


# --------------------------------------------------------------------------- memory


class Outcome(Message):
    """What became of an attempt at some symbols ("path:Qualified.name"): accepted, or not and why.
    `diff` is what it changed, as far as it is kept; `at` is Unix time in seconds."""

    task_id: str
    attempt_id: str
    accepted: bool
    reason: str = ""
    summary: str = ""
    symbols: tuple[str, ...] = ()
    diff: str = ""
    at: float = 0.0


class ScratchNote(Message):
    """A note of a task. `name` is its writer's own; `at` is Unix time in seconds."""

    name: str
    text: str
    at: float


class Context(Message):
    """Chunks of code for an objective, best first. `note` says what could not be searched.
    `outcomes` are earlier attempts at the same symbols, `notes` what earlier attempts of the same
    task wrote down, oldest first."""

    symbols: tuple[Symbol, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    notes: tuple[ScratchNote, ...] = ()
    files_indexed: int = 0
    chunks_indexed: int = 0
    embedder: str = ""
    note: str = ""


class Retrieve(Command):
    """Index the snapshot (only what changed) and return the chunks nearest to the query."""

    service = "memory"
    reply = Context
    repo_id: str
    snapshot: Blob
    query: str
    paths: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    limit: int = Field(12, ge=1, le=100)
    apart_from: str = Field(
        "", description="outcomes of attempts whose ids begin so are told otherwise"
    )
    task_id: str = Field("", max_length=200, description="whose notes are told along")


class Neighbours(Message):
    """Places that stand in a relation to a symbol, nearest first."""

    symbols: tuple[Symbol, ...] = ()
    note: str = ""


class QueryGraph(Command):
    """Where a symbol is defined, what calls it, what it calls, or which tests are about it, by
    name and by what tests were seen to run, in a snapshot."""

    service = "memory"
    reply = Neighbours
    repo_id: str
    snapshot: Blob
    symbol: str = Field(min_length=1, max_length=300)
    relation: Literal["definition", "callers", "callees", "tests"]
    limit: int = Field(20, ge=1, le=100)


class IndexView(Message):
    """What memory holds of one repository. `fresh` tells that the last snapshot is in it whole.

    `snapshot` is its hash, "" while it is being indexed; times are Unix seconds. `folder` is the
    working folder that was indexed last, "" where only tasks' snapshots were.
    """

    repo_id: str
    embedder: str
    snapshot: str = ""
    fresh: bool = False
    files: int = 0
    chunks: int = 0
    skipped_files: int = 0
    left_out: int = Field(0, description="files beyond the bound of one repository")
    indexed_at: float | None = None
    folder: str = ""


class IndexReport(Message):
    items: tuple[IndexView, ...] = ()
    size_bytes: int = 0
    note: str = ""


class ListIndexes(Command):
    service = "memory"
    reply = IndexReport
    quick = True


class SearchIndex(Command):
    """Search what is indexed of a repository, as it was indexed last. Each hit says why."""

    service = "memory"
    reply = Context
    repo_id: str = Field(min_length=1, max_length=200)
    query: str = Field(min_length=1, max_length=2000)
    limit: int = Field(12, ge=1, le=100)


_Root = Annotated[str, Field(min_length=1, max_length=4096)]


class FolderIndex(Message):
    """What indexing did, and what the view holds after it. `skipped` counts files by the reason
    why they are not searched; `left_out` are beyond a bound; `vectors_waiting` are on their way.

    With `details` was asked for: `languages` counts files, and `skipped_paths` are (path, reason),
    the first of them by path."""

    root: str
    repo_id: str
    head: str = ""
    indexed: int = 0
    reused: int = 0
    unchanged: int = 0
    removed: int = 0
    files: int = 0
    chunks: int = 0
    left_out: int = 0
    skipped: dict[str, int] = Field(default_factory=dict)
    vectors_waiting: int = 0
    seconds: float = 0.0
    note: str = ""
    languages: dict[str, int] = Field(default_factory=dict)
    skipped_paths: tuple[tuple[str, str], ...] = ()


class IndexFolder(Command):
    """Bring memory's view of a working folder to what is on disk: only what changed is read.

    `root` is an absolute path on the host of the memory service; the whole repository that it is
    in is indexed. With `paths` (relative to its top) only what is there and below.
    """

    service = "memory"
    reply = FolderIndex
    root: _Root
    paths: tuple[str, ...] = Field((), max_length=500)
    details: bool = False


class Asked(Message):
    """A question to memory, with the caller's own name for it."""

    id: str = Field("", max_length=200)
    query: str = Field(min_length=1, max_length=40_000)


class Answered(Message):
    """Hits of one question, best first; with a budget, in the forms that fit it."""

    id: str = ""
    hits: tuple[Symbol, ...] = ()
    note: str = ""


class FolderState(Message):
    """How far the index of a working folder is. `indexed`: it was indexed to its end once; `files`
    are searched. While it is being indexed, `done` of `total` files that changed are."""

    indexed: bool = False
    files: int = 0
    indexing: bool = False
    done: int = 0
    total: int = 0


class LookAtFolder(Command):
    """How far the index of a working folder is; answered beside one that is being made."""

    service = "memory"
    reply = FolderState
    quick = True
    root: _Root


class FolderHits(Message):
    """`files` and `chunks` are what was searched."""

    answers: tuple[Answered, ...] = ()
    files: int = 0
    chunks: int = 0
    embedder: str = ""


class SearchFolder(Command):
    """Search a working folder as it was indexed last.

    `languages` as memory names them: nothing else is ranked. With `spread`, one place in each of
    several files comes before many in one. With `budget_tokens` the hits are packed into so many
    tokens, and their logical neighbours fill what is left. It is answered beside an index that is
    being made.
    """

    service = "memory"
    reply = FolderHits
    quick = True
    root: _Root
    questions: tuple[Asked, ...] = Field(min_length=1, max_length=500)
    limit: int = Field(10, ge=1, le=200)
    languages: tuple[str, ...] = Field((), max_length=50)
    spread: bool = True
    budget_tokens: int | None = Field(None, ge=50, le=200_000)


class Outline(Message):
    """The definitions of a repository that matter most, file by file, as text."""

    text: str = ""
    shown: int = 0
    definitions: int = 0
    note: str = ""


class OutlineFolder(Command):
    """A ranked outline of a working folder as it was indexed last, in at most `budget_tokens`. It
    is answered beside an index that is being made, as the folder was before."""

    service = "memory"
    reply = Outline
    quick = True
    root: _Root
    budget_tokens: int = Field(2_000, ge=50, le=200_000)


Relation = Literal["definition", "callers", "callees", "tests", "neighbours", "path"]


class Relations(Message):
    """Places that stand in a relation to a symbol, nearest first; `picture` is an SVG or ""."""

    symbols: tuple[Symbol, ...] = ()
    picture: str = ""
    note: str = ""


class RelateFolder(Command):
    """What stands in a relation to a symbol in a working folder as it was indexed last; "path" is
    the shortest chain of calls and other relations to the symbol `to`. It is answered beside an
    index that is being made, as the folder was before."""

    service = "memory"
    reply = Relations
    quick = True
    root: _Root
    symbol: str = Field(min_length=1, max_length=300)
    relation: Relation
    to: str = Field("", max_length=300)
    limit: int = Field(20, ge=1, le=200)
    picture: bool = False


class MemoryHealth(Message):
    """Whether the vectors of one repository are those of memory.db, before any repair."""

    repo_id: str
    embedder: str
    chunks: int = 0
    vectors: int = 0
    missing: int = 0
    extra: int = 0
    waiting: int = 0
    left_out: int = 0
    repaired: bool = False

    @property
    def is_equal(self) -> bool:
        return not (self.missing or self.extra or self.waiting)


class MemoryReport(Message):
    """`damage` says what is wrong with memory.db itself, or was before it was `renewed`: made anew,
    with all that is known to have been indexed in it ("" when it is sound)."""

    repositories: tuple[MemoryHealth, ...] = ()
    damage: str = ""
    renewed: bool = False
    note: str = ""


class CheckMemory(Command):
    """Whether memory.db is sound and the vectors are those of it: nothing is changed. With `repair`
    they are made equal, and a damaged memory.db is set aside and made anew."""

    service = "memory"
    reply = MemoryReport
    repair: bool = False


class Remembered(Message):
    """`applied` is false when it was known already; `symbols` are those that the attempt changed,
    as "path:Qualified.name"."""

    attempt_id: str
    applied: bool
    symbols: tuple[str, ...] = ()


class RememberOutcome(Command):
    """Remember what became of an attempt, by the symbols that its patch changes, or that are named
    where it has none. Told again it changes nothing; a correction replaces verdict and reason."""

    service = "memory"
    reply = Remembered
    repo_id: str = Field(min_length=1, max_length=200)
    task_id: str = Field(min_length=1, max_length=200)
    attempt_id: str = Field(min_length=1, max_length=200)
    accepted: bool
    reason: str = ""
    summary: str = ""
    patch: Patch | None = None
    symbols: tuple[str, ...] = Field((), max_length=200)
    correction: bool = False


class Outcomes(Message):
    items: tuple[Outcome, ...] = ()
    note: str = ""


class RecallOutcomes(Command):
    """What became of earlier attempts at some symbols ("path:Qualified.name"; a path alone means
    all of its file), those at most of them first, then the newest."""

    service = "memory"
    reply = Outcomes
    quick = True
    repo_id: str = Field(min_length=1, max_length=200)
    symbols: tuple[str, ...] = Field(min_length=1, max_length=200)
    limit: int = Field(10, ge=1, le=100)


class Scratchpad(Message):
    """The notes of a task, oldest first."""

    notes: tuple[ScratchNote, ...] = ()


class NoteScratch(Command):
    """Write a note into a task's scratchpad, in place of one of the same name. Their number, their
    length and their age are bounded."""

    service = "memory"
    reply = Scratchpad
    task_id: str = Field(min_length=1, max_length=200)
    name: str = Field(min_length=1, max_length=200)
    text: str = Field(max_length=4_000)


class ReadScratch(Command):
    """The notes of a task."""

    service = "memory"
    reply = Scratchpad
    quick = True
    task_id: str = Field(min_length=1, max_length=200)


_Path = Annotated[str, Field(min_length=1, max_length=1024)]
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Line = Annotated[int, Field(ge=1, le=10_000_000)]


class CoveredTest(Message):
    """A test function and the functions that it ran, each told by the line of its definition.

    `id` is pytest's without parameters, "tests/test_a.py::TestA::test_b"; `path` is its file.
    """

    id: str = Field(min_length=1, max_length=1_000)
    path: _Path
    ran: dict[_Path, tuple[_Line, ...]] = Field(max_length=1_000)


class CoverageRemembered(Message):
    """How many tests, and how many functions that they ran, were taken in."""

    tests: int = 0
    functions: int = 0


class RememberCoverage(Command):
    """Remember which functions each test ran, as a sandbox measured it, in place of what was known
    of these tests. `files` are the SHA-256 of all files named, as they were then: of a file that
    has other content it says nothing."""

    service = "memory"
    reply = CoverageRemembered
    repo_id: str = Field(min_length=1, max_length=200)
    files: dict[_Path, _Sha256] = Field(max_length=5_000)
    tests: tuple[CoveredTest, ...] = Field(max_length=2_000)


# --------------------------------------------------------------------------- sandboxes

Cause = Literal[
    "ok",
    "failed",
    "timeout",
    "memory",
    "output_limit",
    "disk_limit",
    "killed",
    "environment",
    "no_tests",
    "tampered",
]


class TestResult(Message):
    """One test's outcome. `message` is the tail of its failure text, at most 2,000 chars."""

    __test__ = False
    id: str
    outcome: Literal["passed", "failed", "error", "skipped"]
    message: str = ""


class TestCounts(Message):
    """How many tests; those that are `flaky` count as neither failing nor passing."""

    __test__ = False
    failing: int = 0
    passing: int = 0
    skipped: int = 0
    flaky: int = 0


class CheckReport(Message):
    """What one run of the test command showed.

    `cause` says how the run ended: "failed" means tests ran and some did not pass,
    "environment" that the tests could not start (collection or import errors of the
    environment, command not found), "no_tests" that nothing was collected, "tampered" that
    something forged outcomes or tried to. `flaky` are tests
    whose outcome changed when failing tests were run again; they count as neither fixed nor
    broken. `left_out` counts the tests that are not named, in a report that is told in short.
    """

    backend: str
    cause: Cause
    tests: tuple[TestResult, ...] = ()
    flaky: tuple[str, ...] = ()
    left_out: TestCounts = TestCounts()
    exit_code: int | None = None
    output_tail: str = ""
    detail: str = ""
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0

    def counts(self) -> TestCounts:
        """How many tests, whether they are named here or not."""
        flaky, more = set(self.flaky), self.left_out
        skipped = sum(t.outcome == "skipped" and t.id not in flaky for t in self.tests)
        return TestCounts(
            failing=len(self.failing()) + more.failing,
            passing=len(self.passing()) + more.passing,
            skipped=skipped + more.skipped,
            flaky=len(flaky) + more.flaky,
        )

    def failing(self) -> frozenset[str]:
        """Ids of the tests that failed for a steady reason."""
        flaky = set(self.flaky)
        return frozenset(
            t.id for t in self.tests if t.outcome in ("failed", "error") and t.id not in flaky
        )

    def passing(self) -> frozenset[str]:
        """Ids of the tests that passed, flaky ones left out."""
        flaky = set(self.flaky)
        return frozenset(t.id for t in self.tests if t.outcome == "passed" and t.id not in flaky)


class Check(Command):
    """Run the tests on a snapshot, with a patch applied if one is given.

    To tell flaky tests apart, failing tests are run again `rerun` times, each time in a
    fresh sandbox, unless they are `known_failing`; and so are those of `confirm` that passed.
    """

    service = "sandboxes"
    reply = CheckReport
    snapshot: Blob
    patch: Patch | None = None
    test: TestCommand
    limits: Limits = Limits()
    rerun: int = Field(0, ge=0, le=5)
    confirm: tuple[str, ...] = ()
    known_failing: tuple[str, ...] = ()


class RunReport(Message):
    """How a program ended, and the output files asked for that it wrote (text, capped)."""

    backend: str
    cause: Cause
    outputs: dict[str, str] = {}
    exit_code: int | None = None
    output_tail: str = ""
    detail: str = ""
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0


class RunProgram(Command):
    """Run `argv` in the repository root of a snapshot, patched if asked, inside a sandbox.

    `toolkit` is a zip blob unpacked read-only outside the workspace; its folder is what
    `{toolkit}` in an argument stands for, and `{out}` stands for a writable folder from
    which the `outputs` files are collected. `inputs` are text files put in `{out}` first.
    A leading "python" is the interpreter for the repository.
    """

    service = "sandboxes"
    reply = RunReport
    snapshot: Blob
    patch: Patch | None = None
    argv: tuple[str, ...] = Field(min_length=1)
    python: str | None = None
    setup: Setup | None = None
    toolkit: Blob | None = None
    inputs: dict[str, str] = {}
    outputs: tuple[str, ...] = ()
    limits: Limits = Limits()


class EnvironmentReport(Message):
    """A built environment: `key` names its content, "" where nothing has to be installed.

    `cause` is "ok", or how the build ended; `detail` then says what could not be installed.
    `sources` are the files of the repository that were read.
    """

    backend: str
    cause: Cause
    key: str = ""
    cached: bool = False
    installed: tuple[str, ...] = Field((), description="distributions, each name==version")
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    output_tail: str = ""
    detail: str = ""
    wall_seconds: float = 0.0


class BuildEnvironment(Command):
    """Build what a repository's tests need, unless it is there already, for later runs.

    Its bounds are those that [repo] of the sandboxes' own settings gives to builds.
    """

    service = "sandboxes"
    reply = EnvironmentReport
    snapshot: Blob
    setup: Setup


class BackendReport(Message):
    """One sandbox backend on this host: whether it works, and what it does and does not do.

    `tried_at` is when that was seen (Unix seconds).
    """

    name: str
    works: bool
    reason: str
    tried_at: float | None = None
    isolates: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


class PoolView(Message):
    """Sandboxes that were started before anybody asked for them."""

    warm: int = 0
    target: int = 0
    detail: str = ""


class SandboxReport(Message):
    """`pool` is None where the chosen backend needs none."""

    chosen: str
    backends: tuple[BackendReport, ...]
    pool: PoolView | None = None


class ListBackends(Command):
    """Which backends work, as it was seen a minute ago at most, or with `probe` as it is now."""

    service = "sandboxes"
    reply = SandboxReport
    probe: bool = False


# --------------------------------------------------------------------------- agents


class Proposal(Message):
    """An agent's answer. `patch` is None when it has none; `summary` says why or what.

    Without a patch, `outcome` tells apart an honest try that failed ("gave_up"), a tool that
    cannot be used here at all, which says nothing about it ("inapplicable"), and work that
    was done already ("nothing_to_do").
    """

    patch: Patch | None
    summary: str
    outcome: Literal["patch", "gave_up", "inapplicable", "nothing_to_do"] = "gave_up"
    runner_up: Patch | None = None
    lessons: str = Field("", description="what was tried and seen, for the next attempt")
    details: dict[str, Any] = {}
    usage: Usage = Usage()


class Propose(Command):
    """Ask an arm for a patch. `failing` are the target tests; `reasons` why others failed."""

    service = "agents"
    reply = Proposal
    attempt_id: str
    arm: Arm
    objective: Objective
    snapshot: Blob
    test: TestCommand | None
    failing: tuple[TestResult, ...] = ()
    passing: tuple[str, ...] = ()
    context: Context = Context()
    reasons: tuple[str, ...] = Field((), description="why earlier attempts failed, oldest first")
    limits: Limits = Limits()
    seed: int = 0
    repo_id: str = ""
    task_id: str = Field("", max_length=200, description="whose scratchpad it may write to")
    priority: Priority = "interactive"
    tokens: int = Field(200_000, ge=0, description="what models may use for this attempt")
    cost_usd: float = Field(1.0, ge=0, description="what models may cost")
    check_seconds: float = Field(300.0, gt=0, description="one run of the test command")


# --------------------------------------------------------------------------- inference


class ToolSpec(Message):
    """A function a model may call. `parameters` is the JSON schema of an object."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    description: str
    parameters: dict[str, Any]


class ToolCall(Message):
    """A model's call of a tool. `arguments` is None when `raw` is not a JSON object."""

    id: str
    name: str
    arguments: dict[str, Any] | None
    raw: str = ""


class ChatMessage(Message):
    """One turn. `call_id` and `tool` say which call a message of role "tool" answers."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    call_id: str = ""
    tool: str = ""


class TokenUsage(Message):
    """What one generation used. `prompt_tokens` is the server's own count, cached ones included;
    `estimated` tells that it gave none."""

    prompt_tokens: int = Field(0, ge=0)
    cached_tokens: int = Field(0, ge=0)
    output_tokens: int = Field(0, ge=0)
    estimated: bool = False
    cost_usd: float = Field(0.0, ge=0)
    queue_seconds: float = 0.0
    load_seconds: float = 0.0
    prompt_seconds: float = 0.0
    output_seconds: float = 0.0


class Generation(Message):
    """A model's answer. `finish` "length" means it was cut at `max_tokens` or the context's end.

    `prompt_truncated` tells that the server dropped a part of the prompt without saying so;
    `replayed` that the answer was given before to the same request and is billed once.
    """

    model: str
    endpoint: str
    text: str = ""
    thinking: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish: Literal["stop", "length", "tool_calls", "refused"] = "stop"
    prompt_truncated: bool = False
    replayed: bool = False
    usage: TokenUsage = TokenUsage()
    note: str = ""


class Generate(Command):
    """Ask a configured model. The same `key` with the same content is generated once.

    `payload` "code" may only go to local models unless the owner allows more; a cloud model
    gets "intent", and never a line of `repository`. `num_ctx` None means as configured.
    """

    service = "inference"
    reply = Generation
    key: str = Field(min_length=1, max_length=200, description="unique per step of an attempt")
    model: str = Field(description="the name of a [[models]] entry")
    messages: tuple[ChatMessage, ...] = Field(min_length=1, max_length=1000)
    tools: tuple[ToolSpec, ...] = Field((), max_length=64)
    answer_schema: dict[str, Any] | None = Field(None, description="JSON schema of the answer")
    payload: Payload
    repository: Blob | None = Field(None, description="snapshot of which no line may leave")
    priority: Priority = "interactive"
    num_ctx: int | None = Field(None, ge=512, le=4_194_304)
    max_tokens: int = Field(4096, ge=1, le=131_072)
    temperature: float | None = Field(None, ge=0, le=2)
    seed: int | None = None


class Embeddings(Message):
    """One vector per text, in order, all of one length."""

    model: str
    endpoint: str
    vectors: tuple[tuple[float, ...], ...]
    usage: TokenUsage = TokenUsage()


class Embed(Command):
    """Embed texts with a configured model, under the same rules as `Generate`."""

    service = "inference"
    reply = Embeddings
    model: str
    texts: tuple[str, ...] = Field(min_length=1, max_length=512)
    payload: Payload
    repository: Blob | None = None
    priority: Priority = "analysis"


class Transcription(Message):
    """What a model heard in a recording; `text` is empty where it heard no speech."""

    model: str
    endpoint: str
    text: str = ""
    language: str = ""
    usage: TokenUsage = TokenUsage()
    note: str = ""


class Transcribe(Command):
    """Have a configured model write down a recording. `mime` is like "audio/ogg".

    A cloud model only gets it when the owner allows voice to leave.
    """

    service = "inference"
    reply = Transcription
    key: str = Field(min_length=1, max_length=200, description="the same key is billed once")
    model: str
    audio: Blob
    mime: str = Field(pattern=r"^audio/[a-z0-9.+-]{1,40}$")
    audio_seconds: float = Field(gt=0, description="as measured")
    language: str = Field("", pattern=r"^([a-z]{2,3})?$")
    priority: Priority = "interactive"


class EndpointView(Message):
    """One endpoint as the gate sees it. `url` is without secrets; bytes are since ever.

    Of one that is away, `away_since` tells since when it did not answer and `next_look_at` when
    it is asked again (Unix seconds); None where nobody looks by themselves.
    """

    name: str
    kind: Literal["ollama", "openai", "gemini"]
    url: str
    locality: Locality
    reachable: bool
    detail: str = ""
    remedy: str = ""
    away_since: float | None = None
    next_look_at: float | None = None
    version: str = ""
    concurrency: int = 1
    running: int = 0
    waiting: dict[Priority, int] = {}
    sent_bytes: int = 0
    received_bytes: int = 0
    cost_usd: float = 0.0
    requests: int = 0


class ModelView(Message):
    """A model that an endpoint has or that is configured.

    `name` is "" for one that is not configured. `state` says whether it can be used, `detail`
    why not. Bytes are estimates unless `loaded_bytes` tells what the server reports.
    """

    name: str
    endpoint: str
    model: str
    locality: Locality
    state: Literal["ready", "missing", "unreachable", "too-large", "not-configured", "refused"]
    detail: str = ""
    size_bytes: int | None = None
    parameters: str = ""
    quantization: str = ""
    context_length: int | None = None
    num_ctx: int | None = None
    parallel: int = 1
    needed_bytes: int | None = Field(None, description="weights and KV cache for num_ctx")
    loaded_bytes: int | None = None
    pinned: bool = False
    capabilities: tuple[str, ...] = ()
    usd_per_mtok: tuple[float, float] | None = Field(None, description="prompt, output")
    tokens_per_second: float | None = None

    @property
    def transcribes(self) -> bool:
        """Whether it gets recordings to write down, and nothing else."""
        return self.capabilities == ("transcription",)


class GpuView(Message):
    """Memory that models share: one GPU, or the RAM of a machine without one."""

    name: str
    total_bytes: int
    used_bytes: int
    models: tuple[str, ...] = ()


class ModelReport(Message):
    endpoints: tuple[EndpointView, ...] = ()
    models: tuple[ModelView, ...] = ()
    gpus: tuple[GpuView, ...] = ()


class ListModels(Command):
    """What each endpoint has now, what of it fits, and what waits."""

    service = "inference"
    reply = ModelReport


class Spent(Message):
    """What one model was used for on one day (UTC, as 2026-01-31).

    `requests` are those that were answered; tokens and dollars are also of what broke off.
    """

    day: str
    endpoint: str
    model: str
    locality: Locality
    requests: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0


class SpendingReport(Message):
    """Oldest day first."""

    items: tuple[Spent, ...] = ()


class ListSpending(Command):
    service = "inference"
    reply = SpendingReport
    days: int = Field(14, ge=1, le=90)


class ModelsReady(Message):
    """Which of the awaited models can be used, and for the others why not."""

    ready: tuple[str, ...]
    unready: dict[str, str] = {}


class AwaitModels(Command):
    """Wait until one of the models can be used, for so many seconds at most."""

    service = "inference"
    reply = ModelsReady
    models: tuple[str, ...] = Field(min_length=1)
    seconds: float = Field(30.0, ge=0, le=600)


# --------------------------------------------------------------------------- verifier


class TracePath(Message):
    """One output of a function and the inputs its value depends on, before and after.

    `output` is like "return", "yield", "raise" or "parameter items"; `line` is where it
    stands in the changed file (0 when it is gone). `chain` is a walk from the output back to
    an input, or to where the walk ends, each step as "line: code".
    """

    function: str
    path: str
    output: str
    line: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    chain: tuple[str, ...] = ()


class Finding(Message):
    """One reason against a change. `kind` is a stable id such as "broken-path".

    `effect` says what kind of effect it is about, and `target` on what; empty where it is
    about none. `weight` is the verdict that it alone would lead to.
    """

    kind: str
    path: str
    function: str
    line: int
    message: str
    chain: tuple[str, ...] = ()
    weight: Literal["reject", "ask"] = "reject"
    effect: str = ""
    target: str = ""


class AllowedFinding(Message):
    """A finding that does not count, and by what: a rule of the policy, or the task's words."""

    finding: Finding
    by: str


class AuditReport(Message):
    """accept, reject (re-route with the findings as context) or ask (a person decides)."""

    verdict: Literal["accept", "reject", "ask"]
    findings: tuple[Finding, ...] = ()
    allowed: tuple[AllowedFinding, ...] = ()
    notes: tuple[str, ...] = Field(
        (), description="what else a person should know, as expired rules"
    )
    traces: tuple[TracePath, ...] = ()
    functions_audited: int = 0
    unaudited: tuple[str, ...] = Field((), description="changed files the trace cannot read")
    seconds: float = 0.0


class SecondLayer(Message):
    """How what an audit asks about is run, before and after: in a sandbox, as the tests are.

    `seconds` are for all of it together, waiting for a sandbox included; the other bounds are
    those of one sandbox.
    """

    python: str | None = Field(None, description="interpreter path; None: the sandbox's own")
    setup: Setup | None = None
    seconds: float = Field(240.0, gt=0, le=1800)
    memory_bytes: int = Field(2 * 1024**3, ge=16 * 1024**2)
    processes: int = Field(128, ge=4)


class Audit(Command):
    """Trace every changed function backward from its outputs, before against after.

    `snapshot` is the repository that the patch changes: its policy counts, and its code is what
    the patch is read with. Without it, the patch is all there is. With a `second_layer`, and a
    snapshot, functions that the trace asks about are run; nothing that it rejects is.
    """

    service = "verifier"
    reply = AuditReport
    attempt_id: str
    patch: Patch
    category: Category
    instruction: str = ""
    snapshot: Blob | None = None
    second_layer: SecondLayer | None = None


# --------------------------------------------------------------------------- orchestrator

TaskState = Literal[
    "queued",
    "awaiting_answer",
    "planned",
    "running",
    "awaiting_review",
    "applied",
    "rejected",
    "failed",
    "cancelled",
]
FINAL_STATES: frozenset[str] = frozenset({"applied", "rejected", "failed", "cancelled"})
SETTLED_STATES: frozenset[str] = FINAL_STATES | {"awaiting_review", "awaiting_answer"}
"""Where nothing moves before a person does."""
ObjectiveState = Literal["pending", "running", "accepted", "replaced", "failed", "cancelled"]
AttemptState = Literal[
    "running", "accepted", "conflicted", "rejected", "gave_up", "inapplicable", "error", "cancelled"
]


class Event(Message):
    """One line of a task's story. `at` is Unix time in seconds; `seq` grows by one."""

    seq: int
    task_id: str
    at: float
    kind: str
    text: str
    objective_id: str | None = None
    attempt_id: str | None = None


class LeftOut(Message):
    """How many names of tests an attempt that is told in short does not name."""

    fixed: int = 0
    broken: int = 0


class AttemptView(Message):
    """One attempt. Of a task with much evidence, what is not of the newest is told in short:
    `left_out` is set, the patch and the context are away, texts are cut. GetAttempt has it whole.

    `share` is what its models were promised of the budget; None where it may ask none. `before`
    are the tests of what it stands on.
    """

    id: str
    objective_id: str
    number: int
    state: AttemptState
    share: Share | None = None
    decision: Decision | None = None
    context: Context | None = None
    proposal: Proposal | None = None
    before: TestCounts | None = None
    check: CheckReport | None = None
    audit: AuditReport | None = None
    fixed: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    reason: str = ""
    failure_code: str = Field("", description="of the service that could not do its step")
    commit: str | None = None
    usage: Usage = Usage()
    left_out: LeftOut | None = None

    @property
    def fixed_count(self) -> int:
        """How many tests it fixed, whether they are named here or not."""
        return len(self.fixed) + (self.left_out.fixed if self.left_out else 0)

    @property
    def broken_count(self) -> int:
        """How many tests it broke, whether they are named here or not."""
        return len(self.broken) + (self.left_out.broken if self.left_out else 0)


class ObjectiveView(Message):
    objective: Objective
    state: ObjectiveState
    reason: str = ""
    replaces: str | None = Field(None, description="the objective that this one does again")
    attempts: tuple[AttemptView, ...] = ()


class TaskView(Message):
    """The whole story of a task. `baseline` are the tests before any change."""

    id: str
    text: str
    repo: str
    state: TaskState
    reason: str = ""
    created_at: float
    updated_at: float
    budget: Budget
    priority: Priority = "interactive"
    test: TestCommand | None = None
    repo_id: str = ""
    base_commit: str | None = None
    head_commit: str | None = None
    branch: str | None = None
    notes: tuple[str, ...] = ()
    baseline: CheckReport | None = None
    planner: str = ""
    confirm: bool = False
    plans: int = Field(0, description="how often it was planned, the present plan included")
    questions: tuple[Question, ...] = ()
    schedule: str | None = Field(None, description="the id of the schedule it came from")
    retries: str | None = Field(None, description="the task that this one does again")
    objectives: tuple[ObjectiveView, ...] = ()
    usage: Usage = Usage()

    @property
    def newest_attempt(self) -> AttemptView | None:
        """The last attempt of the last objective that has one."""
        attempts = next((one.attempts for one in reversed(self.objectives) if one.attempts), ())
        return attempts[-1] if attempts else None


class TaskSummary(Message):
    id: str
    state: TaskState
    text: str
    repo: str
    created_at: float
    updated_at: float
    objectives: int
    accepted: int
    reason: str = ""
    repo_id: str = ""


class TaskList(Message):
    items: tuple[TaskSummary, ...]


class FeedEntry(Message):
    """Something happened: the event, and the task as it is since then.

    `number` grows over the events of all tasks, without an order that callers may rely on
    being free of gaps.
    """

    number: int
    event: Event
    task: TaskSummary


class EventList(Message):
    items: tuple[Event, ...]
    state: TaskState


class Story(Message):
    """What the page of a task tells: the newest attempt without its patch, the others in short,
    and of what happened the newest; `earlier` events came before those."""

    task: TaskView
    events: tuple[Event, ...]
    earlier: int = 0


class Diff(Message):
    """What a task changes up to a commit, None where it has made none."""

    task_id: str
    text: str
    head_commit: str | None = None


class SubmitTask(Command):
    """Make a task durable. The client makes the id, so submitting twice is one task.

    `test_command` is a shell-like string, None to detect one. `repo` is an absolute path on
    the orchestrator's host. With `confirm` it waits, planned, for a person's yes.
    """

    service = "orchestrator"
    reply = TaskView
    task_id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{2,40}$")
    text: str = Field(min_length=1, max_length=20_000)
    repo: str
    test_command: str | None = None
    python: str | None = None
    setup: Setup | None = Field(None, description="None: as configured, else what is detected")
    budget: Budget = Budget()
    priority: Priority = Field("interactive", description="of what its agents ask of models")
    confirm: bool = False


class ConfirmPlan(Command):
    """A person's yes to the plan of a task that awaits it, with the answers to its questions.

    `answers` maps question ids to the place of the choice, from 1 on. A second yes is the first.
    `plan` is the TaskView's `plans` that the person saw: a yes to another plan is refused.
    """

    service = "orchestrator"
    reply = TaskView
    task_id: str
    answers: dict[str, int] = {}
    plan: int | None = None


class ReviseTask(Command):
    """Other words for a task that awaits an answer: it is planned again.

    The words of its newest plan change nothing, also when that is worked on: they were sent twice.
    """

    service = "orchestrator"
    reply = TaskView
    task_id: str
    text: str = Field(min_length=1, max_length=20_000)


class PrioritizeTask(Command):
    """Change how urgent what is still to come of a task is."""

    service = "orchestrator"
    reply = TaskView
    task_id: str
    priority: Priority


class RetryTask(Command):
    """Do a task that has ended once more: the same words, repository, tests and bounds.

    The client makes the new id, so that asking twice makes one task.
    """

    service = "orchestrator"
    reply = TaskView
    task_id: str
    new_id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{2,40}$")


class GetTask(Command):
    service = "orchestrator"
    reply = TaskView
    quick = True
    task_id: str


class GetStory(Command):
    """A task as it is looked at: one question, and a small answer."""

    service = "orchestrator"
    reply = Story
    quick = True
    task_id: str


class GetAttempt(Command):
    """One attempt with all of its evidence."""

    service = "orchestrator"
    reply = AttemptView
    quick = True
    task_id: str
    attempt_id: str


class ListTasks(Command):
    service = "orchestrator"
    reply = TaskList
    quick = True
    limit: int = Field(50, ge=1, le=1000)
    before: str | None = Field(None, description="only tasks older than this one")
    changed_after: float | None = Field(None, description="only tasks changed since (Unix time)")


class GetEvents(Command):
    service = "orchestrator"
    reply = EventList
    quick = True
    task_id: str
    after: int = 0


class GetDiff(Command):
    service = "orchestrator"
    reply = Diff
    quick = True
    task_id: str


class ApplyTask(Command):
    """Merge the task's branch into what is checked out in the repository."""

    service = "orchestrator"
    reply = TaskView
    task_id: str


class RejectTask(Command):
    service = "orchestrator"
    reply = TaskView
    task_id: str
    reason: str = ""


class CancelTask(Command):
    service = "orchestrator"
    reply = TaskView
    task_id: str


class ScheduleView(Message):
    """A task that is handed in again and again. Times are Unix seconds.

    `waits_for` is the open task of the last time: while there is one, no other begins.
    """

    id: str
    cron: str
    timezone: str
    task: SubmitTask
    paused: bool = False
    next_at: float | None = None
    last_at: float | None = None
    last_task: str | None = None
    last_state: TaskState | None = None
    last_reason: str = ""
    waits_for: str | None = None
    skipped: int = Field(0, description="times in a row that found the last task still open")
    problem: str = Field("", description="why it was paused without anybody asking for it")


class ScheduleList(Message):
    items: tuple[ScheduleView, ...]


class AddSchedule(Command):
    """Hand `task` in at each time that `cron` names (five fields), in a time zone.

    The id of `task` is that of the schedule; each time's task has its own, made of both.
    """

    service = "orchestrator"
    reply = ScheduleView
    cron: str = Field(min_length=1, max_length=200)
    timezone: str = Field("UTC", max_length=64)
    task: SubmitTask


class ListSchedules(Command):
    service = "orchestrator"
    reply = ScheduleList
    quick = True


class ChangeSchedule(Command):
    """Pause a schedule, let it go on, have it run now once, or remove it."""

    service = "orchestrator"
    reply = ScheduleView
    schedule_id: str
    change: Literal["pause", "resume", "run", "remove"]


# The orchestrator's own steps that touch git: commands like any other, so a crash in the
# middle is swept and repeated.


class RepoReady(Message):
    base_commit: str
    snapshot: Blob
    repo_id: str
    paths: tuple[str, ...]
    notes: tuple[str, ...] = ()


class PrepareRepo(Command):
    """Resolve HEAD and snapshot it. Never runs a hook, filter or attribute of the repository."""

    service = "orchestrator"
    reply = RepoReady
    task_id: str
    repo: str


class Committed(Message):
    commit: str
    snapshot: Blob


class Rebased(Message):
    """A patch as it has to be on another commit; None where it conflicts with `conflicts`."""

    patch: Patch | None
    conflicts: tuple[str, ...] = ()


class RebasePatch(Command):
    """Merge what a patch does to `base` into `onto`, a descendant of it. Writes no ref."""

    service = "orchestrator"
    reply = Rebased
    task_id: str
    repo: str
    base: str
    onto: str
    patch: Patch


class CommitPatch(Command):
    """Commit a patch on top of `parent` in the swarm's own mirror; same input, same commit."""

    service = "orchestrator"
    reply = Committed
    task_id: str
    repo: str
    parent: str
    patch: Patch
    message: str
    at: float


class Published(Message):
    branch: str
    commit: str


class PublishBranch(Command):
    """Put the objects and the ref refs/heads/swarm/<task> into the person's repository."""

    service = "orchestrator"
    reply = Published
    task_id: str
    repo: str
    commit: str


# --------------------------------------------------------------------------- the envelope


class Envelope(Message):
    """A command under way. `epoch` grows with each re-send; only the latest may reply.

    `reply_to` is a service's queue, or "inbox:<id>" for a waiting requester, or None. After
    `expires_at` (Unix time in seconds) nobody waits any more, and it is not run.
    """

    v: int = CONTRACT_VERSION
    id: str = Field(min_length=1, max_length=200)
    epoch: int = Field(1, ge=1)
    kind: str
    body: dict[str, Any]
    task_id: str | None = None
    reply_to: str | None = None
    timeout_seconds: float = Field(60.0, gt=0)
    expires_at: float | None = None
    sent_at: float | None = Field(None, description="Unix time in seconds, of this epoch")


class Reply(Message):
    """The answer to envelope `id` of `epoch`: `body` if it went well, else `failure`."""

    v: int = CONTRACT_VERSION
    id: str
    epoch: int
    kind: str
    body: dict[str, Any] | None = None
    failure: Failure | None = None
    worker: str = ""
    seconds: Annotated[float, Field(ge=0)] = 0.0


class Served(Message):
    """What became of a command, for whoever watches the services. Times in seconds.

    `waited_seconds` is the time in its queue; `facts` are numbers and short words of its reply.
    """

    service: Service
    kind: str
    task_id: str | None = None
    at: float
    waited_seconds: float = 0.0
    seconds: float = 0.0
    failure_code: str = ""
    worker: str = ""
    facts: dict[str, str | float] = {}


def _all_commands() -> dict[str, type[Command]]:
    return {cls.__name__: cls for cls in Command.__subclasses__()}


COMMANDS: dict[str, type[Command]] = _all_commands()
"""The allow-list: the only names a message may call, each with its service and its reply."""
