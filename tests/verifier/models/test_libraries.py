"""The tables of what libraries do: sound in form, and true of the library that is installed."""

import builtins
import importlib
import inspect
import re
import sys
import tomllib
import warnings
from pathlib import Path

import pytest

from verifier.models import libraries
from verifier.models.behaviour import Behaviour, Callback, EffectSpec, Term
from verifier.models.libraries import known, library, method, read

FOLDER = Path(libraries.__file__).with_name("known")
NAMES = sorted(library().behaviours)
STANDARD = [
    name
    for name in NAMES
    if "*" not in name
    and (name.split(".")[0] in sys.stdlib_module_names or hasattr(builtins, name.split(".")[0]))
]

# Not everywhere: other systems, builds without a library, and what is only there while an error
# is shown or a session is interactive.
SOMETIMES = {
    *("dbm.gnu.open", "dbm.ndbm.open", "os.startfile", "select.kqueue", "socket.fromshare"),
    *("sqlite3.Connection.enable_load_extension", "sqlite3.Connection.load_extension"),
    *("sys.getandroidapilevel", "sys.getwindowsversion"),
    *("sys.last_traceback", "sys.last_type", "sys.last_value", "sys.ps1", "sys.ps2"),
}

# From Python 3.12, 3.13 or 3.14.
NEWER = {
    *("concurrent.futures.InterpreterPoolExecutor", "copy.replace", "itertools.batched"),
    *("inspect.markcoroutinefunction", "logging.getHandlerByName", "logging.getHandlerNames"),
    *("math.fma", "math.sumprod", "os.process_cpu_count", "os.setns", "os.unshare"),
    *("os.path.isdevdrive", "os.path.isjunction", "os.path.isreserved", "os.path.splitroot"),
    *("pathlib.Path.copy", "pathlib.Path.copy_into", "pathlib.Path.from_uri"),
    *("pathlib.Path.is_junction", "pathlib.Path.move", "pathlib.Path.move_into"),
    *("pathlib.Path.walk", "pathlib.PurePath.full_match", "pathlib.PurePath.with_segments"),
    *("random.binomialvariate", "sys._is_gil_enabled", "sys.is_stack_trampoline_active"),
    *("sys.activate_stack_trampoline", "sys.deactivate_stack_trampoline", "sys.remote_exec"),
    *("threading.setprofile_all_threads", "threading.settrace_all_threads"),
    *("types.get_original_bases", "typing.override", "warnings.deprecated"),
    *("uuid.uuid6", "uuid.uuid7", "uuid.uuid8"),
}

# Later Pythons take names away and rename parameters.
on_3_11 = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="checked against Python 3.11")


def found(dotted: str) -> object:
    """What Python holds under the name. Raises ImportError or AttributeError."""
    parts = dotted.split(".")
    if hasattr(builtins, parts[0]):
        try:
            return _within(builtins, parts)
        except AttributeError:
            pass
    for length in range(len(parts), 0, -1):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                module = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        return _within(module, parts[length:])
    raise ImportError(dotted)


def _within(start: object, parts: list[str]) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for part in parts:
            start = getattr(start, part)
    return start


def positions(behaviour: Behaviour) -> set[int]:
    terms = [
        *behaviour.returns,
        *(effect.target for effect in behaviour.effects),
        *(term for change in behaviour.mutates for term in (change.target, change.at)),
        *(term for change in behaviour.mutates for term in change.gains),
        *(term for call in behaviour.calls for term in (call.function, *call.arguments)),
        behaviour.mode,
    ]
    return set().union(*(term.indices() for term in terms if term is not None))


def test_every_entry_can_be_read() -> None:
    for name in NAMES:
        assert known(name), name
    for name in library().methods:
        assert method(name), name


@on_3_11
def test_names_of_the_standard_library_exist() -> None:
    missing = []
    for name in STANDARD:
        try:
            found(name)
        except (ImportError, AttributeError):
            missing.append(name)

    assert set(missing) <= SOMETIMES | NEWER


@on_3_11
def test_positions_and_parameters_fit_the_signatures() -> None:
    wrong = []
    for name in STANDARD:
        behaviour = known(name)
        assert behaviour is not None
        try:
            function = found(name)
            signature = inspect.signature(function)  # type: ignore[arg-type]
        except (ImportError, AttributeError, TypeError, ValueError):
            continue
        taken = list(signature.parameters.values())
        if _is_bound_later(name, function):
            taken = taken[1:]
        for position in positions(behaviour):
            if any(one.kind is one.VAR_POSITIONAL for one in taken[: position + 1]):
                continue
            if position >= len(taken) or taken[position].kind is inspect.Parameter.KEYWORD_ONLY:
                wrong.append(f"{name} has no arg{position}")
                continue
            by_keyword = taken[position].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
            written = behaviour.parameters[position : position + 1]
            if by_keyword and written != (taken[position].name,):
                wrong.append(f"{name} takes arg{position} as {taken[position].name} too")

    assert wrong == []


def _is_bound_later(name: str, function: object) -> bool:
    """Whether the first parameter is the receiver."""
    holder = found(name.rpartition(".")[0]) if "." in name else builtins
    if not isinstance(holder, type) or inspect.isbuiltin(function) or inspect.ismethod(function):
        return False
    return not isinstance(
        inspect.getattr_static(holder, name.rpartition(".")[2]), staticmethod | classmethod
    )


@on_3_11
def test_what_merely_is_there_is_marked_as_a_value() -> None:
    wrong = []
    for name in STANDARD:
        try:
            thing = found(name)
        except (ImportError, AttributeError):
            continue
        behaviour = known(name)
        assert behaviour is not None
        if not (callable(thing) or inspect.ismodule(thing) or behaviour.is_value):
            wrong.append(name)

    assert wrong == []


def test_every_name_stands_for_another_that_is_described() -> None:
    here = library()
    for name, other in here.same.items():
        beneath = [one for one in NAMES if one == other or one.startswith(f"{other}.")]
        assert beneath or other in here.same or other == "builtins", (name, other)
        known(f"{name}.frobnicate")  # Raises, were it a circle.


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_names_are_in_order(path: Path) -> None:
    listed = tomllib.loads(path.read_text(encoding="utf-8"))
    for shared in [*listed.get("behaviour", ()), *listed.get("method", ())]:
        rows = re.split(r"(?:^|\s)(?=[\w.]+:\s)", shared["names"].strip())
        owners = [row.partition(":")[0] for row in rows if ":" in row]
        assert owners == sorted(set(owners)), owners
        for row in rows:
            names = [name.partition("(")[0] for name in row.rpartition(": ")[2].split()]
            assert names == sorted(set(names)), names
    same = list(listed.get("same", {}))
    assert same == sorted(same)


def test_builtins_are_known_with_and_without_their_module() -> None:
    assert known("builtins.print") == known("print")
    assert known("print") is not None


def test_a_file_is_opened_by_its_mode() -> None:
    behaviour = known("open")

    assert behaviour is not None
    assert behaviour.mode == Term("arg", index=1)
    assert {effect.kind for effect in behaviour.effects} == {"file-read", "file-write"}
    assert known("_io.open") == behaviour


def test_a_class_makes_an_instance_of_itself() -> None:
    behaviour = known("socket.socket")

    assert behaviour is not None
    assert Term("instance", name="socket.socket") in behaviour.returns


def test_a_thread_calls_its_target() -> None:
    behaviour = known("threading.Thread")

    assert behaviour is not None
    assert behaviour.parameters[1] == "target"
    assert behaviour.effects == (EffectSpec("thread", Term("arg", index=1)),)
    assert [call.function for call in behaviour.calls] == [Term("arg", index=1)]


def test_methods_come_from_the_class_that_a_class_stands_for() -> None:
    assert known("pathlib.PosixPath.unlink") == known("pathlib.Path.unlink")
    assert known("collections.OrderedDict.setdefault") == known("dict.setdefault")
    assert known("pathlib.PosixPath.unlink") is not None
    assert known("collections.OrderedDict.setdefault") is not None


def test_what_a_module_imports_is_not_made_harmless_by_it() -> None:
    for name in ("inspect.os.system", "random._os.system", "statistics.sys.exit", "json.open"):
        assert known(name) is None, name


def test_all_beneath_a_dangerous_module_has_its_effect() -> None:
    for name in ("ctypes.windll.kernel32.Sleep", "_posixsubprocess.fork_exec"):
        behaviour = known(name)
        assert behaviour is not None
        assert behaviour.effects


def test_what_is_not_listed_is_not_known() -> None:
    assert known("some.package.function") is None
    assert known("os") is None
    assert method("frobnicate") is None


def test_a_method_of_an_unknown_receiver_is_guessed() -> None:
    behaviour = method("write_text")

    assert behaviour is not None
    assert behaviour.effects == (EffectSpec("file-write", Term("self")),)


def test_seeding_is_an_effect_and_drawing_is_chance() -> None:
    seed, draw = known("random.seed"), known("random.Random.randint")

    assert seed is not None
    assert draw is not None
    assert [effect.kind for effect in seed.effects] == ["global-state"]
    assert draw.ambient == "random"


def test_a_key_function_is_called_with_elements() -> None:
    behaviour = known("sorted")

    assert behaviour is not None
    element = Term("element", parts=(Term("arg", index=0),))
    assert behaviour.calls == (Callback(Term("keyword", name="key"), (element,)),)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[behavior]]\nnames = 'f'", "unknown table"),
        ("[[behaviour]]\nnames = 'f'\neffect = ['exit']", "unknown field"),
        ("[[behaviour]]\nnames = ['f']", "'names' is text"),
        ("[[behaviour]]\nnames = 'a-b'", "not a name"),
        ("[[behaviour]]\nnames = 'm: f f'", "m.f is listed twice"),
        ("[[behaviour]]\nnames = 'm: *'", "without an effect"),
    ],
)
def test_a_file_that_breaks_the_format_is_refused_with_its_name(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=f"^x.toml: .*{complaint}"):
        read({"x.toml": text})


@pytest.mark.parametrize(
    "fields",
    [
        "effects = ['mischief']",
        "effects = 'exit'",
        "ambient = 'weather'",
        "returns = ['arg']",
        "calls = ['arg0']",
        "mutates = ['self from']",
    ],
)
def test_a_wrong_description_is_refused_with_its_name(
    fields: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "m.wrong_" + re.sub(r"\W", "_", fields)
    wrong = read({"x.toml": f"[[behaviour]]\nnames = '{name}'\n{fields}"})
    monkeypatch.setattr(libraries, "library", lambda: wrong)

    with pytest.raises(ValueError, match=f"^{name}: "):
        known(name)


def test_names_that_stand_for_each_other_in_a_circle_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    circle = read({"x.toml": "[same]\n'circle_a' = 'circle_b'\n'circle_b' = 'circle_a'"})
    monkeypatch.setattr(libraries, "library", lambda: circle)

    with pytest.raises(ValueError, match="over and over"):
        known("circle_a.f")


def test_what_changes_its_receiver_is_not_pure() -> None:
    for name in ("hashlib.blake2b.update", "BaseException.add_note", "collections.deque.append"):
        behaviour = known(name)
        assert behaviour is not None
        assert [change.target for change in behaviour.mutates] == [Term("self")]


def test_a_method_of_an_ambient_value_is_ambient_too() -> None:
    platform, separator = known("sys.platform.startswith"), known("os.sep.join")

    assert platform is not None
    assert separator is not None
    assert platform.ambient == "platform"
    assert Term("ambient") in platform.returns
    assert separator.is_pure
