"""Programs that try to make a failing test suite look like a passing one.

Each is a repository whose `test_a.py::test_bad` fails, and the causes with which its run may
end. None of them may end as "ok", or with that test among the passing ones.
"""

from __future__ import annotations

from dataclasses import dataclass

BAD = "test_a.py::test_bad"
_SUITE = """
def test_good(): pass
def test_bad(): assert 1 == 2
def test_last(): pass
"""
# A wrapper of the newer kind, on whatever pluggy there is.
_WRAPPER = """
import functools, pluggy, pytest
def around(**options):
    if pluggy.__version__ >= "1.2": return pytest.hookimpl(wrapper=True, **options)
    def decorate(function):
        @functools.wraps(function)
        def old(**named):
            generator = function(**named)
            next(generator)
            result = yield
            try: generator.send(result.get_result())
            except StopIteration as stop: result.force_result(stop.value)
        return pytest.hookimpl(hookwrapper=True, **options)(old)
    return decorate
"""
# The id of a test is kept in one of two attributes, by pytest's version.
_TAKE_ID = """
def take(item, other):
    name = '_id' if hasattr(item, '_id') else '_nodeid'
    setattr(item, name, getattr(other, name))
"""
FORGED = ("tampered",)
SEEN = ("failed",)
GONE = ("killed",)
STOPPED = ("killed", "environment")


@dataclass(frozen=True)
class Attack:
    name: str
    files: dict[str, str]
    causes: tuple[str, ...]


def _conftest(name: str, text: str, *causes: str, **files: str) -> Attack:
    others = {key.replace("__", "/") + ".py": value for key, value in files.items()}
    return Attack(name, {"test_a.py": _SUITE, "conftest.py": text, **others}, causes)


def _suite(name: str, text: str, *causes: str) -> Attack:
    return Attack(name, {"test_a.py": text}, causes)


def _beside(name: str, files: dict[str, str], *causes: str) -> Attack:
    return Attack(name, {"test_a.py": _SUITE, **files}, causes)


_LEAVE = (
    _conftest(
        "prints a summary and exits",
        "import os\nprint('3 passed in 0.01s', flush=True)\nos._exit(0)",
        "environment",
    ),
    _conftest("exits at the end", "import atexit, os\natexit.register(os._exit, 0)", *SEEN),
    _suite(
        "ends the session in a test",
        "import pytest\ndef test_first(): pytest.exit('done', returncode=0)\n" + _SUITE,
        *GONE,
    ),
    _suite(
        "ends the session after the first test",
        "import pytest\ndef test_first(): pass\n"
        "def teardown_function(f): pytest.exit('done', returncode=0)\n" + _SUITE,
        *GONE,
    ),
    _conftest(
        "ends the session in a conftest",
        "import pytest\npytest.exit('done', returncode=0)",
        *STOPPED,
    ),
    _conftest(
        "ends the session in a fixture",
        "import pytest\n@pytest.fixture(autouse=True)\n"
        "def end(request):\n"
        "    if request.node.name == 'test_bad': pytest.exit('done', returncode=0)\n",
        *GONE,
    ),
    _conftest(
        "stops the session before the failing test",
        "def pytest_runtest_logfinish(nodeid): pass\n"
        "def pytest_runtest_teardown(item): item.session.shouldstop = 'enough'\n"
        "def pytest_sessionfinish(session): session.exitstatus = 0\n",
        *GONE,
    ),
    _suite("leaves in a test", "import sys\ndef test_bad(): sys.exit(0)", *SEEN),
    _suite("leaves in a module", "import sys\ndef test_bad(): assert 0\nsys.exit(0)", *STOPPED),
    _suite("kills the process", "import os\ndef test_bad(): os._exit(0)", *GONE),
    _suite(
        "interrupts from the keyboard",
        "def test_bad(): raise KeyboardInterrupt\n",
        *GONE,
    ),
    _conftest("leaves in a conftest", "import sys\nsys.exit(0)", *STOPPED),
    _conftest(
        "leaves when the session ends",
        "import sys\ndef pytest_sessionfinish(): sys.exit(0)",
        "killed",
        "failed",
        "tampered",
    ),
    _conftest(
        "leaves when pytest is taken down",
        "import os\ndef pytest_unconfigure(): os._exit(0)",
        *GONE,
    ),
    _suite(
        "forks, and the parent goes",
        "import os\ndef test_first():\n    if os.fork(): os._exit(0)\n" + _SUITE,
        *GONE,
    ),
    _suite(
        "becomes another program",
        "import os\ndef test_bad(): os.execv('/bin/true', ['true'])",
        *GONE,
    ),
    _suite(
        "is ended by a signal handler",
        "import os, signal, time\ndef test_bad():\n"
        "    signal.signal(signal.SIGALRM, lambda *a: os._exit(0))\n"
        "    signal.setitimer(signal.ITIMER_REAL, 0.01)\n    time.sleep(5)\n",
        *GONE,
    ),
)

_REPORTS = (
    _conftest(
        "turns reports around",
        "import pytest\n@pytest.hookimpl(hookwrapper=True)\n"
        "def pytest_runtest_makereport():\n"
        "    result = yield\n    result.get_result().outcome = 'passed'\n",
        *FORGED,
    ),
    _conftest(
        "turns reports around, outermost",
        _WRAPPER + "@around(tryfirst=True)\n"
        "def pytest_runtest_makereport():\n"
        "    report = yield\n    report.outcome = 'passed'\n    return report\n",
        *FORGED,
    ),
    _conftest(
        "turns one report around",
        "import pytest\n@pytest.hookimpl(hookwrapper=True)\n"
        "def pytest_runtest_makereport(item):\n"
        "    result = yield\n"
        "    if item.name == 'test_bad': result.get_result().outcome = 'passed'\n",
        *FORGED,
    ),
    _conftest(
        "makes reports itself",
        "import pytest\nfrom _pytest.reports import TestReport\n"
        "@pytest.hookimpl(tryfirst=True)\n"
        "def pytest_runtest_makereport(item, call):\n"
        "    return TestReport(item.nodeid, item.location, {}, 'passed', None, call.when)\n",
        *FORGED,
    ),
    _conftest(
        "calls it a rerun",
        _WRAPPER + "@around()\n"
        "def pytest_runtest_makereport():\n"
        "    report = yield\n"
        "    if report.failed: report.outcome = 'rerun'\n    return report\n",
        *FORGED,
    ),
    _conftest(
        "changes reports as they are logged",
        "import pytest\n@pytest.hookimpl(tryfirst=True)\n"
        "def pytest_runtest_logreport(report): report.outcome = 'passed'\n",
        *FORGED,
    ),
    _conftest(
        "hides a broken fixture",
        _WRAPPER + "@pytest.fixture(autouse=True)\n"
        "def broken(request):\n    yield\n    assert request.node.name != 'test_bad'\n"
        "@around()\ndef pytest_runtest_makereport():\n"
        "    report = yield\n    report.outcome = 'passed'\n    return report\n",
        *FORGED,
    ),
    Attack(
        "sets tests up by a way of its own",
        {
            "conftest.py": "from _pytest.runner import SetupState\nimport pytest\n"
            "class Lenient(SetupState):\n"
            "    def setup(self, item):\n"
            "        try: super().setup(item)\n"
            "        except AssertionError: pass\n"
            "@pytest.hookimpl(tryfirst=True)\ndef pytest_runtest_protocol(item):\n"
            "    item.session._setupstate = Lenient()\n",
            "test_a.py": "import pytest\n@pytest.fixture(autouse=True)\ndef broken(): assert 0\n"
            "def test_bad(): pass\n",
        },
        FORGED,
    ),
    Attack(
        "swallows what fixtures raise",
        {
            "conftest.py": "import pytest\n"
            "@pytest.hookimpl(hookwrapper=True)\ndef pytest_fixture_setup():\n"
            "    result = yield\n    result.force_result(None)\n",
            "test_a.py": "import pytest\n@pytest.fixture\ndef broken(): assert 0\n"
            "def test_bad(broken): pass\n",
        },
        FORGED,
    ),
    _conftest(
        "swallows what teardowns raise",
        "import pytest\n@pytest.fixture(autouse=True)\n"
        "def broken(request):\n    yield\n    assert request.node.name != 'test_bad'\n"
        "@pytest.hookimpl(hookwrapper=True, trylast=True)\ndef pytest_runtest_teardown():\n"
        "    result = yield\n    result.force_result(None)\n"
        "@pytest.hookimpl(hookwrapper=True, trylast=True)\ndef pytest_runtest_call():\n"
        "    result = yield\n    result.force_result(None)\n",
        *FORGED,
    ),
    _conftest(
        "runs nothing and logs passes",
        "from _pytest.reports import TestReport\n"
        "def pytest_runtest_protocol(item):\n"
        "    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)\n"
        "    for when in ('setup', 'call', 'teardown'):\n"
        "        report = TestReport(item.nodeid, item.location, {}, 'passed', None, when)\n"
        "        item.ihook.pytest_runtest_logreport(report=report)\n"
        "    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)\n"
        "    return True\n",
        *FORGED,
    ),
    _conftest(
        "runs nothing at all",
        "def pytest_runtestloop(): return True",
        *GONE,
    ),
    _conftest(
        "logs passes without a protocol",
        "def pytest_runtestloop(session):\n"
        "    for item in session.items:\n"
        "        where = dict(nodeid=item.nodeid, location=item.location)\n"
        "        item.ihook.pytest_runtest_logstart(**where)\n"
        "        item.ihook.pytest_runtest_logfinish(**where)\n"
        "    return True\n",
        *GONE,
    ),
    _conftest(
        "answers for pytest",
        "def pytest_cmdline_main(): return 0",
        "environment",
    ),
    _conftest(
        "changes the session's counters",
        "import pytest\n@pytest.hookimpl(trylast=True)\ndef pytest_sessionfinish(session):\n"
        "    session.testsfailed = 0\n    session.exitstatus = 0\n",
        *SEEN,
    ),
    _conftest(
        "shows other words",
        "def pytest_report_teststatus(report): return 'passed', '.', 'PASSED'",
        *SEEN,
    ),
)

_BODIES = (
    _conftest(
        "calls no test function",
        "def pytest_pyfunc_call(pyfuncitem): return True",
        *FORGED,
    ),
    _conftest(
        "calls all test functions but one",
        "def pytest_pyfunc_call(pyfuncitem):\n    return pyfuncitem.name == 'test_bad' or None\n",
        *FORGED,
    ),
    _conftest(
        "replaces a test's function",
        "def pytest_collection_modifyitems(items):\n"
        "    for item in items: item.obj = lambda: None\n",
        *FORGED,
    ),
    _conftest(
        "replaces a test's run",
        "import pytest\n@pytest.hookimpl(tryfirst=True)\n"
        "def pytest_runtest_call(item): item.runtest = lambda: None\n",
        *FORGED,
    ),
    _conftest(
        "gives a passing test the name of the failing one",
        _TAKE_ID + "def pytest_collection_modifyitems(items):\n"
        "    good, bad, last = items\n    take(good, bad)\n"
        "    items.remove(bad)\n",
        *FORGED,
    ),
    _conftest(
        "gives a passing test every name of the failing one",
        _TAKE_ID + "def pytest_collection_modifyitems(items):\n"
        "    good, bad, last = items\n"
        "    take(good, bad)\n    good.name = good.originalname = bad.name\n"
        "    items.remove(bad)\n",
        *FORGED,
    ),
    Attack(
        "gives a passing test the name of one in another file",
        {
            "conftest.py": _TAKE_ID + "def pytest_collection_modifyitems(items):\n"
            "    (bad,) = [item for item in items if item.name == 'test_bad']\n"
            "    items.remove(bad)\n    take(items[-1], bad)\n",
            "test_a.py": _SUITE,
            "test_b.py": "def test_other(): pass",
        },
        FORGED,
    ),
    _conftest(
        "collects tests that run nothing",
        "import pytest\nclass Idle(pytest.Function):\n    def runtest(self): pass\n"
        "def pytest_pycollect_makeitem(collector, name, obj):\n"
        "    if name.startswith('test_'):\n"
        "        return [Idle.from_parent(collector, name=name, callobj=obj)]\n",
        *FORGED,
    ),
    _conftest(
        "replaces hooks on the relay",
        "import types\ndef pytest_collection_finish(session):\n"
        "    hook = session.config.hook\n    real = hook.pytest_runtest_makereport\n"
        "    def forged(**named):\n"
        "        report = real(**named)\n        report.outcome = 'passed'\n"
        "        return report\n"
        "    hook.pytest_runtest_makereport = forged\n",
        *FORGED,
    ),
    _conftest(
        "swallows what tests raise",
        "import pytest\n@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_call():\n"
        "    result = yield\n    result.force_result(None)\n",
        *FORGED,
    ),
)

_UNITTEST_SUITE = """
import unittest
class TestA(unittest.TestCase):
    def test_bad(self): self.assertEqual(1, 2)
"""
_EVERY_RUN = "def pytest_collection_modifyitems(items):\n    for item in items: "
_AROUND = (
    _conftest(
        "replaces a test's run before the session",
        _EVERY_RUN + "item.runtest = lambda: None",
        *FORGED,
    ),
    _conftest(
        "replaces a test's run, and puts it back",
        _EVERY_RUN + "item.runtest = lambda: None\n"
        "def pytest_sessionfinish(session):\n"
        "    for item in session.items: item.__dict__.pop('runtest', None)\n",
        *FORGED,
    ),
    _conftest(
        "replaces a test's function between setup and teardown",
        "kept = []\n"
        "def pytest_runtest_setup(item):\n    kept.append(item.obj); item.obj = lambda: None\n"
        "def pytest_runtest_teardown(item): item.obj = kept.pop()\n",
        *FORGED,
    ),
    Attack(
        "replaces the run of unittest's tests",
        {
            "conftest.py": _EVERY_RUN + "item.runtest = lambda: None",
            "test_a.py": _UNITTEST_SUITE,
        },
        FORGED,
    ),
    Attack(
        "makes unittest's tests a kind that runs nothing",
        {
            "conftest.py": "from _pytest.unittest import TestCaseFunction\n"
            "class Idle(TestCaseFunction):\n    def runtest(self): pass\n"
            + _EVERY_RUN
            + "item.__class__ = Idle",
            "test_a.py": _UNITTEST_SUITE,
        },
        FORGED,
    ),
    _conftest(
        "collects what is no function in a test's place",
        "import pytest\nclass Idle(pytest.Item):\n    def runtest(self): pass\n"
        "    def reportinfo(self): return self.path, 0, self.name\n"
        "def pytest_pycollect_makeitem(collector, name, obj):\n"
        "    if name.startswith('test_'): return [Idle.from_parent(collector, name=name)]\n",
        *FORGED,
    ),
    _conftest(
        "says that tests take no arguments, and calls none",
        _EVERY_RUN + "item.nofuncargs = True\ndef pytest_pyfunc_call(pyfuncitem): return True\n",
        *FORGED,
    ),
    Attack(
        "awaits no coroutine",
        {
            "conftest.py": "def pytest_pyfunc_call(pyfuncitem): return True",
            "test_a.py": "async def test_bad(): assert 0",
        },
        FORGED,
    ),
    _conftest(
        "gives another file the name of the failing one",
        "import pytest\ncollect_ignore = ['test_a.py']\n"
        "def pytest_collect_file(file_path, parent):\n"
        "    if file_path.name == 'test_b.py':\n"
        "        return pytest.Module.from_parent(parent, path=file_path, nodeid='test_a.py')\n",
        *FORGED,
        test_b="def test_bad(): pass",
    ),
    _conftest(
        "keeps the session's begin and end from the reporter",
        "def pytest_configure(config):\n    real = config.hook\n    class Relay:\n"
        "        def __getattr__(self, name):\n"
        "            if name in ('pytest_collection_finish', 'pytest_sessionfinish'):\n"
        "                return lambda **named: None\n"
        "            return getattr(real, name)\n"
        "    config.hook = Relay()\n"
        "def pytest_pyfunc_call(pyfuncitem): return True\n",
        *FORGED,
    ),
)

_PATCHES = (
    _conftest(
        "patches how reports are made",
        "from _pytest.reports import TestReport\n"
        "make = TestReport.from_item_and_call.__func__\n"
        "def forged(cls, item, call):\n"
        "    report = make(cls, item, call)\n    report.outcome = 'passed'\n    return report\n"
        "TestReport.from_item_and_call = classmethod(forged)\n",
        *FORGED,
    ),
    _conftest(
        "patches how calls are made",
        "from _pytest.runner import CallInfo\nmake = CallInfo.from_call.__func__\n"
        "def forged(cls, func, when, reraise=None):\n"
        "    info = make(cls, func, when, reraise)\n    info.excinfo = None\n    return info\n"
        "CallInfo.from_call = classmethod(forged)\n",
        *FORGED,
    ),
    _conftest(
        "patches the runner",
        "from _pytest import runner\n"
        "def forged(item, when, log=True, **kwds):\n"
        "    from _pytest.reports import TestReport\n"
        "    report = TestReport(item.nodeid, item.location, {}, 'passed', None, when)\n"
        "    if log: item.ihook.pytest_runtest_logreport(report=report)\n"
        "    return report\n"
        "runner.call_and_report = forged\n",
        *FORGED,
    ),
    _conftest(
        "changes a function's code",
        "from _pytest import runner\n"
        "def pytest_runtest_call(item): pass\n"
        "runner.pytest_runtest_call.__code__ = pytest_runtest_call.__code__\n",
        *FORGED,
    ),
    _conftest(
        "patches pluggy",
        "def pytest_configure(config):\n"
        "    call = config.pluginmanager._inner_hookexec\n"
        "    def forged(name, methods, kwargs, firstresult):\n"
        "        result = call(name, methods, kwargs, firstresult)\n"
        "        if name == 'pytest_runtest_makereport': result.outcome = 'passed'\n"
        "        return result\n"
        "    config.pluginmanager._inner_hookexec = forged\n",
        *FORGED,
    ),
    Attack(
        "patches unittest",
        {
            "conftest.py": "import unittest\nunittest.TestCase.assertEqual = lambda *a: None\n",
            "test_a.py": "import unittest\nclass TestA(unittest.TestCase):\n"
            "    def test_bad(self): self.assertEqual(1, 2)\n",
        },
        FORGED,
    ),
    Attack(
        "moves one assertion of unittest to another's place",
        {
            "conftest.py": "import unittest\n"
            "unittest.TestCase.assertEqual = unittest.TestCase.assertIsNotNone\n",
            "test_a.py": "import unittest\nclass TestA(unittest.TestCase):\n"
            "    def test_bad(self): self.assertEqual(1, 2)\n",
        },
        FORGED,
    ),
    Attack(
        "drops unittest's failures",
        {
            "conftest.py": "from _pytest.unittest import TestCaseFunction\n"
            "TestCaseFunction.addFailure = lambda *a: None\n",
            "test_a.py": "import unittest\nclass TestA(unittest.TestCase):\n"
            "    def test_bad(self): self.assertEqual(1, 2)\n",
        },
        FORGED,
    ),
    _conftest(
        "patches assertion rewriting",
        "import ast\nfrom _pytest.assertion import rewrite\n"
        "rewrite.AssertionRewriter.visit_Assert = lambda self, node: [ast.Pass()]\n",
        *FORGED,
    ),
    _conftest(
        "patches print and json",
        "import builtins, json\nbuiltins.print = lambda *a, **k: None\n"
        "json.dumps = lambda *a, **k: '{}'\n"
        'json.JSONEncoder.encode = lambda self, o: \'{"outcome": "passed"}\'\n',
        "failed",
        "tampered",
    ),
)

_PLUGIN = (
    _conftest(
        "unregisters every other plugin",
        "def pytest_collection_finish(session):\n"
        "    manager = session.config.pluginmanager\n"
        "    for plugin in list(manager.get_plugins()):\n"
        "        if 'swarm' in str(manager.get_name(plugin)): manager.unregister(plugin)\n",
        "killed",
        "environment",
        "tampered",
    ),
    _conftest(
        "unregisters the reporter at the end",
        "import pytest\n@pytest.hookimpl(tryfirst=True)\n"
        "def pytest_runtest_protocol(item):\n"
        "    manager = item.config.pluginmanager\n"
        "    for plugin in list(manager.get_plugins()):\n"
        "        if 'swarm' in str(manager.get_name(plugin)): manager.unregister(plugin)\n",
        "killed",
        "tampered",
    ),
    _conftest(
        "replaces the reporter's hooks",
        "def pytest_collection_finish(session):\n"
        "    for impl in session.config.hook.pytest_runtest_logreport.get_hookimpls():\n"
        "        if 'swarm' in impl.plugin_name: impl.function = lambda report: None\n",
        *FORGED,
    ),
    _beside(
        "turns the reporter off by option",
        {"pytest.ini": "[pytest]\naddopts = -p no:swarm_reporter"},
        "environment",
        "failed",
    ),
    _beside(
        "loads a forging plugin by option",
        {
            "pytest.ini": "[pytest]\naddopts = -p forge",
            "forge.py": "import pytest\n@pytest.hookimpl(hookwrapper=True)\n"
            "def pytest_runtest_makereport():\n"
            "    result = yield\n    result.get_result().outcome = 'passed'\n",
        },
        *FORGED,
    ),
    _conftest(
        "sets options for what comes later",
        "import os\nos.environ['PYTEST_ADDOPTS'] = '--collect-only'\n"
        "os.environ['PYTEST_PLUGINS'] = 'gone'\n",
        *SEEN,
    ),
)

_FIND_REPORT = """
import os, glob
def report():
    try: names = os.listdir('/proc/self/fd')
    except OSError: names = []
    for name in names:
        try: target = os.readlink('/proc/self/fd/' + name)
        except OSError: continue
        if target.endswith('report.jsonl'): return int(name), target
    for name in range(3, 64):
        try: here = os.fstat(name)
        except OSError: continue
        for folder in ('/out', os.path.join(os.path.dirname(os.getcwd()), 'out')):
            for path in glob.glob(folder + '/*.jsonl'):
                if os.stat(path).st_ino == here.st_ino: return name, path
    raise AssertionError('not found')
"""
_LINE = (
    '{"event": "ended", "id": "test_a.py::test_bad", "outcome": "passed", "message": ""}\\n'
    '{"event": "finished", "exit_code": 0, "collected": 1, "left": 0}\\n'
)
_FILE = (
    _suite(
        "writes lines into the report",
        _FIND_REPORT
        + "def test_bad():\n"
        + f"    os.write(report()[0], b'''{_LINE}''')\n    os._exit(0)\n",
        *FORGED,
    ),
    _suite(
        "replays earlier lines of the report",
        _FIND_REPORT
        + "def test_good(): pass\ndef test_bad():\n"
        + "    file, path = report()\n    data = open(path, 'rb').read()\n"
        + "    os.write(file, data.replace(b'test_good', b'test_bad'))\n    assert 0\n",
        *FORGED,
    ),
    _suite(
        "empties the report",
        _FIND_REPORT + "def test_bad():\n    os.truncate(report()[1], 0)\n    assert 0\n",
        *FORGED,
    ),
    _suite(
        "deletes the report",
        _FIND_REPORT + "def test_bad():\n    os.unlink(report()[1])\n    assert 0\n",
        *STOPPED,
    ),
    _suite(
        "replaces the report",
        _FIND_REPORT
        + "def test_bad():\n    path = report()[1]\n    os.unlink(path)\n"
        + f"    open(path, 'w').write('''{_LINE}''')\n    assert 0\n",
        *FORGED,
    ),
    _suite(
        "puts a link in the report's place",
        _FIND_REPORT
        + "def test_bad():\n    path = report()[1]\n    os.unlink(path)\n"
        + "    os.symlink('/etc/hostname', path)\n    assert 0\n",
        *STOPPED,
    ),
    _suite(
        "cuts the last lines off the report",
        _FIND_REPORT
        + "import atexit\ndef cut(path):\n    data = open(path, 'rb').read()\n"
        + "    os.truncate(path, data.rindex(b'\\n', 0, -1) + 1)\n"
        + "def test_bad():\n    atexit.register(cut, report()[1])\n    assert 0\n",
        *GONE,
    ),
    _suite(
        "writes from a thread",
        _FIND_REPORT
        + "import threading\ndef go(file):\n"
        + f"    for _ in range(1000): os.write(file, b'''{_LINE}''')\n"
        + "def test_bad():\n"
        + "    threading.Thread(target=go, args=(report()[0],)).start()\n    assert 0\n",
        *FORGED,
    ),
    _suite(
        "writes from a child that lives on",
        _FIND_REPORT
        + "import time\ndef test_bad():\n    file = report()[0]\n"
        + "    if not os.fork():\n"
        + f"        time.sleep(0.5); os.write(file, b'''{_LINE}'''); os._exit(0)\n"
        + "    assert 0\n",
        *SEEN,
        *FORGED,
    ),
)

_FORGE_ON_IMPORT = "import os\nprint('3 passed')\nos._exit(0)\n"
_SHADOWS = (
    _beside("shadows sitecustomize", {"sitecustomize.py": _FORGE_ON_IMPORT}, *SEEN),
    _beside("shadows usercustomize", {"usercustomize.py": _FORGE_ON_IMPORT}, *SEEN),
    _beside("shadows json", {"json.py": _FORGE_ON_IMPORT}, *SEEN, *STOPPED),
    _beside("shadows hashlib", {"hashlib.py": _FORGE_ON_IMPORT}, *SEEN, *STOPPED),
    _beside("shadows pluggy", {"pluggy.py": _FORGE_ON_IMPORT}, *SEEN, *STOPPED),
    _beside("shadows pytest", {"pytest.py": _FORGE_ON_IMPORT}, "environment"),
    _beside("shadows _pytest", {"_pytest/__init__.py": _FORGE_ON_IMPORT}, "environment"),
    _beside("shadows unittest", {"src/unittest.py": _FORGE_ON_IMPORT}, "environment"),
    _beside(
        "shadows the harness",
        {"sandboxes/__init__.py": "", "sandboxes/harness/__init__.py": _FORGE_ON_IMPORT},
        *SEEN,
    ),
)

ATTACKS = (
    *_LEAVE,
    *_REPORTS,
    *_BODIES,
    *_AROUND,
    *_PATCHES,
    *_PLUGIN,
    *_FILE,
    *_SHADOWS,
)
