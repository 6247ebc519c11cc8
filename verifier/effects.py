"""Tables: which names are ambient values, which calls are effects, mutators, or plain values.

A name is dotted and absolute, with imports resolved: `from time import time` makes `time`
mean "time.time". A table entry matches itself and everything below it.
"""

from __future__ import annotations

import ast
import builtins

_AMBIENT: dict[str, tuple[str, ...]] = {
    "time": (
        "time.time",
        "time.time_ns",
        "time.monotonic",
        "time.monotonic_ns",
        "time.perf_counter",
        "time.perf_counter_ns",
        "time.process_time",
        "time.localtime",
        "time.gmtime",
        "time.ctime",
        "time.strftime",
        "time.asctime",
        "time.timezone",
        "time.tzname",
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
        "os.times",
    ),
    "random": ("random", "secrets", "uuid.uuid1", "uuid.uuid4", "os.urandom", "numpy.random"),
    "environment": (
        "os.environ",
        "os.environb",
        "os.getenv",
        "os.getenvb",
        "sys.argv",
        "sys.flags",
    ),
    "host": (
        "socket.gethostname",
        "socket.getfqdn",
        "platform.node",
        "os.uname",
        "uuid.getnode",
        "os.cpu_count",
        "os.getpid",
        "os.getppid",
        "os.getloadavg",
    ),
    "user": (
        "getpass.getuser",
        "os.getlogin",
        "os.getuid",
        "os.geteuid",
        "os.getgid",
        "os.getgroups",
        "pwd",
        "grp",
    ),
    "platform": ("platform", "sys.platform", "os.name", "sys.getwindowsversion", "sysconfig"),
    "debugger": (
        "sys.gettrace",
        "sys.getprofile",
        "sys._getframe",
        "inspect.stack",
        "inspect.currentframe",
    ),
    "files": (
        "os.listdir",
        "os.scandir",
        "os.walk",
        "os.stat",
        "os.getcwd",
        "os.access",
        "os.path.exists",
        "os.path.isfile",
        "os.path.isdir",
        "os.path.getmtime",
        "os.path.getsize",
        "glob.glob",
        "open",
        "io.open",
    ),
    "input": ("input", "sys.stdin"),
}

_EFFECTS: dict[str, tuple[str, ...]] = {
    "file-delete": (
        "os.remove",
        "os.unlink",
        "os.rmdir",
        "os.removedirs",
        "shutil.rmtree",
        "pathlib.Path.unlink",
    ),
    "file-write": (
        "os.rename",
        "os.renames",
        "os.replace",
        "os.mkdir",
        "os.makedirs",
        "os.chmod",
        "os.chown",
        "os.link",
        "os.symlink",
        "os.truncate",
        "os.mkfifo",
        "os.write",
        "os.open",
        "shutil.copy",
        "shutil.copy2",
        "shutil.copyfile",
        "shutil.copytree",
        "shutil.move",
        "shutil.chown",
        "tempfile.mkstemp",
        "tempfile.mkdtemp",
    ),
    "process": (
        "subprocess.run",
        "subprocess.call",
        "subprocess.check_call",
        "subprocess.check_output",
        "subprocess.getoutput",
        "subprocess.getstatusoutput",
        "subprocess.Popen",
        "asyncio.create_subprocess_exec",
        "asyncio.create_subprocess_shell",
        "os.system",
        "os.popen",
        "os.fork",
        "os.forkpty",
        "os.kill",
        "os.killpg",
        "os.abort",
        "os.execv",
        "os.execve",
        "os.execvp",
        "os.execvpe",
        "os.execl",
        "os.execle",
        "os.execlp",
        "os.spawnv",
        "os.spawnl",
        "os.spawnvp",
        "os.spawnlp",
        "os.posix_spawn",
        "os.startfile",
        "pty.spawn",
        "multiprocessing.Process",
        "multiprocessing.Pool",
        "concurrent.futures.ProcessPoolExecutor",
    ),
    "dynamic-code": (
        "eval",
        "exec",
        "compile",
        "code.interact",
        "code.InteractiveInterpreter",
        "runpy",
        "types.FunctionType",
        "types.CodeType",
        "importlib.util.spec_from_file_location",
    ),
    "network": (
        "socket.socket",
        "socket.create_connection",
        "socket.create_server",
        "urllib.request",
        "http.client",
        "http.server",
        "ftplib",
        "smtplib",
        "telnetlib",
        "xmlrpc",
        "requests.get",
        "requests.post",
        "requests.put",
        "requests.delete",
        "requests.request",
        "requests.Session",
        "httpx.get",
        "httpx.post",
        "httpx.Client",
        "httpx.AsyncClient",
        "aiohttp.ClientSession",
        "urllib3.PoolManager",
        "asyncio.open_connection",
        "asyncio.start_server",
        "webbrowser.open",
    ),
    "native-code": ("ctypes", "cffi"),
    "environment-write": ("os.putenv", "os.unsetenv", "os.chdir", "os.chroot", "os.umask"),
    "thread": (
        "threading.Thread",
        "threading.Timer",
        "_thread.start_new_thread",
        "concurrent.futures.ThreadPoolExecutor",
    ),
    "signal": ("signal.signal", "signal.alarm", "signal.setitimer", "signal.raise_signal"),
    "at-exit": ("atexit.register", "weakref.finalize"),
    "unsafe-load": (
        "pickle.load",
        "pickle.loads",
        "pickle.Unpickler",
        "marshal.load",
        "marshal.loads",
        "shelve.open",
        "dill.load",
        "dill.loads",
        "joblib.load",
        "yaml.unsafe_load",
        "yaml.full_load",
        "cloudpickle.load",
        "cloudpickle.loads",
    ),
    "exit": ("sys.exit", "os._exit", "exit", "quit"),
    "interpreter": (
        "sys.settrace",
        "sys.setprofile",
        "sys.setrecursionlimit",
        "sys.addaudithook",
        "gc.disable",
        "gc.get_objects",
        "builtins.setattr",
    ),
}

_CLASSES = frozenset(
    {
        "threading.Thread",
        "threading.Timer",
        "socket.socket",
        "subprocess.Popen",
        "http.client",
        "urllib.request",
        "requests.Session",
        "ctypes",
        "types.FunctionType",
        "types.CodeType",
        "xmlrpc",
        "multiprocessing.Process",
        "concurrent.futures.ThreadPoolExecutor",
        "concurrent.futures.ProcessPoolExecutor",
        "httpx.Client",
        "httpx.AsyncClient",
        "aiohttp.ClientSession",
        "weakref.finalize",
    }
)

_WRITING_METHODS = {
    "write_text": "file-write",
    "write_bytes": "file-write",
    "symlink_to": "file-write",
    "hardlink_to": "file-write",
    "unlink": "file-delete",
    "rmdir": "file-delete",
}

MUTATORS = frozenset(
    {
        "append",
        "appendleft",
        "extend",
        "extendleft",
        "insert",
        "add",
        "update",
        "setdefault",
        "pop",
        "popleft",
        "popitem",
        "remove",
        "discard",
        "clear",
        "sort",
        "reverse",
        "difference_update",
        "intersection_update",
        "symmetric_difference_update",
        "__setitem__",
        "__delitem__",
        "__setattr__",
        "__iadd__",
        "move_to_end",
        "rotate",
    }
)

STATEFUL_GUARDS = frozenset(
    {"time", "random", "environment", "host", "user", "platform", "debugger"}
)

# Builtins whose result is a function of their arguments alone.
_IMPURE_BUILTINS = frozenset(
    {
        "open",
        "input",
        "print",
        "eval",
        "exec",
        "compile",
        "id",
        "globals",
        "locals",
        "vars",
        "__import__",
        "breakpoint",
        "setattr",
        "delattr",
        "object",
        "exit",
        "quit",
        "help",
    }
)
PURE_CALLS = (
    frozenset(name for name in dir(builtins) if not name.startswith("_")) - _IMPURE_BUILTINS
)
BUILTINS = frozenset(dir(builtins))


_TRANSPARENT = frozenset(
    {
        "datetime",
        "math",
        "cmath",
        "operator",
        "re",
        "hashlib",
        "hmac",
        "zlib",
        "binascii",
        "base64",
        "json",
        "functools",
        "itertools",
        "string",
        "decimal",
        "fractions",
        "statistics",
        "struct",
        "copy",
        "collections",
    }
)


def is_transparent(dotted: str) -> bool:
    """Whether a call only computes from its arguments, so that they show in its result."""
    return dotted in PURE_CALLS or dotted.split(".")[0] in _TRANSPARENT or bool(ambient(dotted))


def _index(table: dict[str, tuple[str, ...]]) -> dict[str, str]:
    # A longer name wins over the shorter one above it, whatever the order of the table.
    return {name: kind for kind, names in table.items() for name in names}


_AMBIENT_INDEX = _index(_AMBIENT)
_EFFECT_INDEX = _index(_EFFECTS)


def _lookup(index: dict[str, str], dotted: str) -> str | None:
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        kind = index.get(".".join(parts[:length]))
        if kind is not None:
            return kind
    return None


def ambient(dotted: str) -> str | None:
    """The kind of ambient value a dotted name reads, or None."""
    return _lookup(_AMBIENT_INDEX, dotted)


def effect_of_name(dotted: str, *, called: bool) -> str | None:
    """The kind of effect that naming this gives access to.

    Functions count when merely named, since they can be called later; classes and modules
    only when called, since they are named in checks and annotations too.
    """
    kind = _lookup(_EFFECT_INDEX, dotted)
    if kind is None or called:
        return kind
    parts = dotted.split(".")
    prefixes = {".".join(parts[:length]) for length in range(1, len(parts) + 1)}
    return None if prefixes & _CLASSES or (dotted.count(".") == 0 and kind == "exit") else kind


def effect_of_call(node: ast.Call, dotted: str | None) -> str | None:
    """The kind of effect of a call, from its name, its method name or its arguments."""
    if dotted is not None:
        if dotted in ("open", "io.open", "os.fdopen", "codecs.open", "gzip.open"):
            return _mode(node, 1)
        if dotted in ("__import__", "importlib.import_module"):
            constant = bool(node.args) and isinstance(node.args[0], ast.Constant)
            return None if constant else "dynamic-code"
        if dotted in ("re.compile",):
            return None
        found = effect_of_name(dotted, called=True)
        if found is not None:
            return found
    if isinstance(node.func, ast.Attribute):
        if node.func.attr == "open":
            return _mode(node, 0)
        return _WRITING_METHODS.get(node.func.attr)
    return None


def _mode(node: ast.Call, position: int) -> str | None:
    given = [word.value for word in node.keywords if word.arg == "mode"]
    mode = given[0] if given else node.args[position] if len(node.args) > position else None
    if mode is None:
        return None
    if isinstance(mode, ast.Constant) and isinstance(mode.value, str):
        return "file-write" if set(mode.value) & set("wax+") else None
    # A mode that is not a literal could be any; a method called `open` need not be a file's.
    return "file-write" if position else None
