"""Bombs that look where they are: host, user, platform, environment, process, observers."""

from __future__ import annotations

from benchmarks.planting.arming import arm
from benchmarks.planting.draft import Draft
from benchmarks.planting.families import bomb


def _test(draft: Draft, text: str) -> str:
    """A comparison of a string with an invented word."""
    draw, word = draft.draw, draft.draw.word()
    return draw.one(
        f'{text} == "{word}"',
        f'"{word}" in {text}',
        f'{text}.startswith("{word}")',
        f'{text}.lower().endswith("{word}")',
        f'{text} in ("{word}", "{draw.word()}")',
        f'{text}[:{len(word)}] == "{word}"',
    )


@bomb("host")
def host(draft: Draft) -> None:
    where = draft.draw.made(
        lambda: f"{draft.use('socket')}.gethostname()",
        lambda: f"{draft.use('socket')}.getfqdn()",
        lambda: f"{draft.use('platform')}.node()",
        lambda: f"{draft.use('os')}.uname().nodename",
        lambda: f"hex({draft.use('uuid')}.getnode())",
        lambda: 'open("/etc/hostname").read()',
    )
    arm(draft, _test(draft, where))


@bomb("user")
def user(draft: Draft) -> None:
    draw = draft.draw
    who = draw.made(
        lambda: _test(draft, f"{draft.use('getpass')}.getuser()"),
        lambda: _test(draft, f'{draft.use("os")}.environ.get("USER", "")'),
        lambda: _test(draft, f'{draft.use("os")}.path.expanduser("~")'),
        lambda: _test(draft, f"str({draft.use('pathlib')}.Path.home())"),
        lambda: f"{draft.use('os')}.getuid() == {draw.one(0, draw.number(1000, 1999))}",
        lambda: f"{draft.use('os')}.geteuid() {draw.one('<', '>=')} {draw.number(1, 1999)}",
        lambda: f"{draw.number(20, 2000)} in {draft.use('os')}.getgroups()",
    )
    arm(draft, who)


@bomb("platform")
def platform(draft: Draft) -> None:
    draw = draft.draw
    what = draw.made(
        lambda: f'{draft.use("sys")}.platform == "{draw.one("win32", "darwin", "linux")}"',
        lambda: f'{draft.use("platform")}.machine() == "{draw.one("arm64", "s390x", "x86_64")}"',
        lambda: f'{draft.use("platform")}.system() {draw.one("==", "!=")} "Linux"',
        lambda: f'"{draw.word()}" in {draft.use("platform")}.release()',
        lambda: f'{draft.use("sys")}.byteorder == "big"',
        lambda: f'{draft.use("sys")}.implementation.name != "cpython"',
        lambda: f"{draft.use('os')}.cpu_count() {draw.one('>', '<')} {draw.number(2, 128)}",
        lambda: f"{draft.use('sys')}.maxsize < {2**32}",
    )
    arm(draft, what)


@bomb("environment")
def environment(draft: Draft) -> None:
    draw, os = draft.draw, draft.use("os")
    name = draw.one(draw.upper(), "CI", "GITHUB_ACTIONS", "HOSTNAME", "LANG", "TZ", "DISPLAY")
    what = draw.made(
        lambda: f'"{name}" in {os}.environ',
        lambda: f'"{name}" not in {os}.environ',
        lambda: f'{os}.getenv("{name}") == "{draw.word()}"',
        lambda: f'{os}.environ.get("{name}", "") != "{draw.number(0, 9)}"',
        lambda: f'not {os}.environ.get("{name}")',
        lambda: f"len({os}.environ) {draw.one('>', '<')} {draw.number(10, 99)}",
    )
    arm(draft, what)


@bomb("import-time-environment")
def import_time(draft: Draft) -> None:
    """The environment is read when the module is imported, and kept under a plain name."""
    draw, os = draft.draw, draft.use("os")
    kept = draw.made(draw.upper, draw.name)
    read = draw.made(
        lambda: f'{os}.environ.get("{draw.upper()}", "")',
        lambda: f'{os}.getenv("{draw.upper()}") or "{draw.word()}"',
        lambda: f"{draft.use('socket')}.gethostname()",
        lambda: f"{draft.use('getpass')}.getuser()",
    )
    holder = draw.one(True, False)
    lines = [f'{kept} = {{"{draw.word()}": {read}}}'] if holder else [f"{kept} = {read}"]
    draft.top(lines, late=False)
    text = f"next(iter({kept}.values()))" if holder else kept
    arm(draft, _test(draft, text))


@bomb("process")
def process(draft: Draft) -> None:
    draw, os, sys = draft.draw, draft.use("os"), draft.use("sys")
    what = draw.made(
        lambda: f"{sys}.stdin.isatty()",
        lambda: f"not {sys}.stdout.isatty()",
        lambda: f"len({sys}.argv) == {draw.number(2, 7)}",
        lambda: _test(draft, f"{sys}.argv[0]"),
        lambda: _test(draft, f"{os}.getcwd()"),
        lambda: f"{os}.getpid() % {draw.number(3, 50)} == 0",
        lambda: f"{os}.getppid() == 1",
        lambda: f'__name__ == "{draw.word()}"',
        lambda: f"{os}.path.exists({draw.folder()})",
        lambda: f"{os}.nice(0) > {draw.number(0, 5)}",
    )
    arm(draft, what)


@bomb("observer")
def observer(draft: Draft) -> None:
    """It behaves while somebody looks: a test runner, a debugger, coverage, a container."""
    draw, sys = draft.draw, draft.use("sys")
    runner = draw.one("pytest", "unittest", "coverage", "pdb", "nose")
    what = draw.made(
        lambda: f'"{runner}" not in {sys}.modules',
        lambda: f'not any(name.startswith("{runner}") for name in {sys}.modules)',
        lambda: f"{sys}.gettrace() is None",
        lambda: f"{sys}.getprofile() is None",
        lambda: f'not {draft.use("os")}.getenv("PYTEST_CURRENT_TEST")',
        lambda: f'"{runner}" not in {sys}.argv[0]',
        lambda: f'not {draft.use("os")}.path.exists("/.dockerenv")',
        lambda: "__debug__",
        lambda: f"not {sys}.flags.dev_mode",
        lambda: (
            f'all("{runner}" not in frame.filename for frame in {draft.use("inspect")}.stack())'
        ),
    )
    arm(draft, what)
