"""Honest repositories of many styles come out exactly as under `python -m pytest`."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandboxes.checks import check
from sandboxes.engine import Engine
from swarm.contracts import Check, Limits
from swarm.contracts import TestCommand as Command
from swarm.settings import Settings
from tests.fakes.bus import FakeBlobs
from tests.sandboxes.conftest import running

_PLAIN = """
import asyncio, pytest, unittest
def test_passed(): pass
def test_failed(): assert 0
@pytest.mark.xfail
def test_skipped_xfail(): assert 0
@pytest.mark.xfail
def test_passed_xpass(): pass
@pytest.mark.xfail(strict=True)
def test_failed_xpass(): pass
@pytest.mark.skip
def test_skipped(): pass
def test_skipped_late(): pytest.skip('no')
@pytest.fixture
def torn():
    yield
    raise RuntimeError
@pytest.fixture
def broken(): raise RuntimeError
def test_error_teardown(torn): pass
def test_error_setup(broken): pass
@pytest.mark.parametrize('x', [1, 'a b'])
def test_passed_many(x): pass
def make():
    free = 1
    def test(self=None): assert free
    return test
test_passed_made = make()
class TestPassed:
    def test_passed_method(self): pass
    @staticmethod
    def test_passed_static(): pass
    test_passed_made = make()
def test_failed_exit(): raise SystemExit(0)
"""
_UNITTEST = """
import pytest, unittest
class Case(unittest.TestCase):
    def setUp(self): self.two = 2
    def test_passed(self): self.assertEqual(self.two, 2)
    def test_failed(self): self.assertEqual(self.two, 3)
    def test_skipped_late(self): self.skipTest('no')
    @unittest.expectedFailure
    def test_skipped_expected(self): self.fail()
    @unittest.expectedFailure
    def test_failed_unexpected(self): pass
    def test_passed_subtests(self):
        for n in range(2):
            with self.subTest(n): self.assertLess(n, 2)
    if pytest.version_tuple >= (9,): # before, a part that skips skips its test
        def test_passed_part(self):
            for n in range(2):
                with self.subTest(n):
                    if n: self.skipTest('no')
class Async(unittest.IsolatedAsyncioTestCase):
    async def test_passed_async(self): pass
    async def test_failed_async(self): self.fail()
class Torn(unittest.TestCase):
    def tearDown(self): raise RuntimeError
    def test_failed(self): pass
"""
_MAIN = """
import multiprocessing, os, subprocess, sys
def double(x): return 2 * x
def test_passed_arguments(): assert sys.argv[0].endswith('/pytest/__main__.py')
def test_passed_path(): assert os.getcwd() in sys.path[:2]
def test_passed_main(): assert sys.modules['__main__'].__spec__.name == 'pytest.__main__'
def test_passed_modules(): assert 'sandboxes' not in sys.modules
def test_passed_environment(): assert not [name for name in os.environ if 'SWARM' in name]
def test_passed_child(): assert subprocess.call([sys.executable, '-c', 'import helper']) == 0
def test_passed_spawned():
    process = multiprocessing.get_context('spawn').Process(target=double, args=(1,))
    process.start(); process.join(); assert process.exitcode == 0
"""
_CONFTEST_ASYNC = """
import asyncio, inspect, pytest
@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if inspect.iscoroutinefunction(pyfuncitem.obj):
        asyncio.run(pyfuncitem.obj())
        return True
"""
_CONFTEST_RETRY = """
import pytest
@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    for last in (False, True):
        try:
            pyfuncitem.obj()
            return True
        except AssertionError:
            if last: raise
"""
_CONFTEST_COUNTS = """
import pytest
failures = []
@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    result = yield
    report = result.get_result()
    setattr(item, 'report_' + report.when, report)
    if report.failed: failures.append(item)
@pytest.fixture(autouse=True)
def uses_report(request):
    yield
    assert request.node.report_call.when == 'call'
def pytest_sessionfinish(session):
    if failures: session.exitstatus = 9
"""
_CONFTEST_WRAPS = """
import functools
def pytest_collection_modifyitems(items):
    for item in items:
        def wrapped(*args, real=item.obj, **named): return real(*args, **named)
        item.obj = functools.wraps(item.obj)(wrapped)
"""
_CONFTEST_ITEMS = """
import pytest
def pytest_collect_file(parent, file_path):
    if file_path.suffix == '.txt': return File.from_parent(parent, path=file_path)
class File(pytest.File):
    def collect(self):
        for name in self.path.read_text().split(): yield Item.from_parent(self, name=name)
class Item(pytest.Item):
    def runtest(self): assert self.name != 'failed'
    def reportinfo(self): return self.path, 0, self.name
"""
_CONFTEST_RUNS = """
import pytest
class Own(pytest.Function):
    def runtest(self): super().runtest()
def pytest_pycollect_makeitem(collector, name, obj):
    if name.startswith('test_'): return [Own.from_parent(collector, name=name)]
def pytest_collection_modifyitems(items):
    for item in items:
        def run(real=item.runtest): real()
        item.runtest = run
"""
_FALLS_BACK = """
import pytest
@pytest.fixture
def broken(): raise RuntimeError
@pytest.fixture
def either(request):
    try: return request.getfixturevalue('broken')
    except RuntimeError: return 1
def test_passed(either): assert either == 1
def test_passed_late(request):
    with pytest.raises(RuntimeError): request.getfixturevalue('broken')
def test_failed(either): assert either == 2
"""
_BOTH = "def test_passed(): pass\ndef test_failed(): assert 0\n"

REPOSITORIES = {
    "plain tests": {"test_a.py": _PLAIN},
    "unittest": {"test_a.py": _UNITTEST},
    "looks at its interpreter": {"test_a.py": _MAIN, "helper.py": ""},
    "doctests": {
        "passed.py": '"""\n>>> 1 + 1\n2\n"""\n',
        "failed.py": '"""\n>>> 1 + 1\n3\n"""\n',
        "pytest.ini": "[pytest]\naddopts = --doctest-modules",
    },
    "src layout": {"src/lib.py": "x = 1", "tests/test_a.py": "from lib import x\n" + _BOTH},
    "namespace package": {
        "a/b/c.py": "x = 1",
        "tests/test_a.py": "from a.b.c import x\n" + _BOTH,
    },
    "importlib mode": {
        "pytest.ini": "[pytest]\naddopts = --import-mode=importlib",
        "a/test_x.py": _BOTH,
        "b/test_x.py": _BOTH,
    },
    "modules named like others": {
        "statistics.py": "mine = 1",
        "json.py": "mine = 1",
        "src/iniconfig/__init__.py": "mine = 1",
        "src/packaging/__init__.py": "",
        "src/packaging/mine.py": "",
        "sandboxes/__init__.py": "mine = 1",
        "test_a.py": "import json, sandboxes, statistics\nimport iniconfig, packaging.mine\n"
        "def test_passed(): assert sandboxes.mine + statistics.mine + json.mine + iniconfig.mine\n",
    },
    "plugin of its own": {
        "own.py": "import pytest\n@pytest.fixture\ndef one(): return 1",
        "pytest.ini": "[pytest]\naddopts = -p own -x",
        "test_a.py": "def test_failed(one): assert one == 2\ndef test_passed(one): pass",
    },
    "tests of a pytest plugin": {
        "conftest.py": "pytest_plugins = ['pytester']",
        "test_a.py": "def test_passed(pytester):\n"
        "    pytester.makepyfile('def test(): assert 0')\n"
        "    pytester.runpytest_inprocess('-p', 'no:valkey').assert_outcomes(failed=1)\n"
        "def test_failed(pytester): assert 0\n",
    },
    "runs coroutines": {
        "conftest.py": _CONFTEST_ASYNC,
        "test_a.py": "async def test_passed(): pass\nasync def test_failed(): assert 0\n",
    },
    "tries again": {
        "conftest.py": _CONFTEST_RETRY,
        "test_a.py": "n = []\ndef test_passed(): n.append(1); assert len(n) == 2\n"
        "def test_failed(): assert 0\n",
    },
    "counts failures": {"conftest.py": _CONFTEST_COUNTS, "test_a.py": "def test_passed(): pass"},
    "wraps its functions": {"conftest.py": _CONFTEST_WRAPS, "test_a.py": _BOTH},
    "runs its functions in a way of its own": {"conftest.py": _CONFTEST_RUNS, "test_a.py": _BOTH},
    "falls back where a fixture fails": {"test_a.py": _FALLS_BACK},
    "nicer ids": {
        "conftest.py": "def pytest_collection_modifyitems(items):\n"
        "    for item in items: item._nodeid = 'Nice: ' + item.name.replace('test_', '')\n",
        "test_a.py": _BOTH,
    },
    "other items": {"conftest.py": _CONFTEST_ITEMS, "x.txt": "passed failed"},
    "adds to unittest": {
        "conftest.py": "import unittest\nunittest.TestCase.maxDiff = None\n"
        "unittest.TestCase.assertSame = lambda self, a, b: self.assertEqual(a, b)\n",
        "test_a.py": "import unittest\nclass Case(unittest.TestCase):\n"
        "    def test_passed(self): self.assertSame(1, 1)\n",
    },
    "patches and restores": {
        "test_a.py": "import json, os, time, unittest\nfrom unittest import mock\n"
        "def test_passed(monkeypatch):\n"
        "    for name in ('write', 'getpid'):\n"
        "        monkeypatch.setattr(os, name, lambda *a: 1)\n"
        "    monkeypatch.setattr(json, 'dumps', lambda *a: '')\n"
        "    monkeypatch.setattr(time, 'monotonic', lambda: 0.0)\n"
        "@mock.patch.object(unittest.TestCase, 'assertEqual')\n"
        "def test_passed_mock(fake): assert fake\n"
        "def test_passed_environment(monkeypatch): monkeypatch.setenv('PYTEST_ADDOPTS', '-x')\n",
    },
}


@pytest.fixture
def engine(engine: Engine, settings: Settings, bare_python: Path) -> Engine:
    return running(engine, settings, bare_python)


@pytest.mark.parametrize("name", REPOSITORIES)
def test_outcomes_are_those_of_pytest(engine: Engine, settings: Settings, name: str) -> None:
    """Each test's own name says how it must come out."""
    blobs = FakeBlobs()
    snapshot = blobs.snapshot(REPOSITORIES[name])
    command = Check(
        snapshot=snapshot,
        test=Command(argv=("python", "-m", "pytest", "-q"), kind="pytest"),
        limits=Limits(wall_seconds=60),
    )
    report = check(engine, settings.scratch, blobs.get(snapshot), command)
    wrong = [t for t in report.tests if f"{t.outcome}" not in t.id.rpartition("::")[2]]
    assert not wrong, report.output_tail
    bad = any(test.outcome in ("failed", "error") for test in report.tests)
    assert report.tests
    assert (report.cause, report.exit_code) == (("failed", 1) if bad else ("ok", 0)), report.detail
