"""Hostile answers: files that try to do harm, or to be right without being right. Each costs only itself.

`{folder}` stands for a folder with a file precious.txt, `{port}` for a port where nobody should knock. With the lock,
nothing but a report may come of any of them. Without it, as on macOS, those run that harm nothing outside.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinygrad_lite.exercises.answers.kinds import Trouble
from tinygrad_lite.exercises.sandbox import run as running
from tinygrad_lite.exercises.sandbox.run import Report, run

WRITE_JSON = "import os, json\nfor fd in range(3, 64):\n    try: os.write(fd, ({text}).encode() + b'\\n')\n    except OSError: pass\nos._exit(0)"

COSTS = {  # what takes time, memory or output: (the key of the trouble, the file)
    "an endless loop": ("timeout", "while True: pass"),
    "an endless loop in C": ("timeout", "9 ** 9 ** 9"),
    "an endless match": ("timeout", "import re; re.match('(a+)+$', 'a' * 60 + 'b')"),
    "signals that are ignored": ("timeout", "import signal\nfor s in range(1, 65):\n    try: signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True: pass"),
    "errors that are caught": ("timeout", "while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
    "an error whose text never ends": ("timeout", "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E"),
    "10 GB": ("memory", "bytearray(10 * 2 ** 30)"),
    "10 GB of numbers": ("memory", "np.ones(10 * 2 ** 27)"),
    "memory by and by": ("memory", "kept = []\nwhile True: kept.append(np.empty(10 ** 6))"),
    "a text of 2 GB": ("memory", "dz = 'x' * 2 ** 31"),
    "recursion": ("raised", "def f(): f()\nf()"),
    "a dict of a million answers": ("output", "def answer(): return {{f'd{{i}}': 0 for i in range(10 ** 6)}}"),
    "a flood of the channel": ("output", "import os\nwhile True:\n    for fd in range(3, 64):\n        try: os.write(fd, b'x' * 65536)\n        except OSError: pass"),
    "huge numbers": ("output", "dz = 10 ** 100_000"),
    "sys.exit": ("ended", "import sys; sys.exit(0)"),
    "os._exit": ("ended", "import os; os._exit(0)"),
    "abort": ("ended", "import os; os.abort()"),
    "a segmentation fault": ("ended", "import ctypes; ctypes.string_at(0)"),
    "closed files": ("ended", "import os; os.closerange(0, 4096)"),
    "an answer that ends the process": ("ended", "import os\nclass A:\n    def __array__(self, *a, **k): os._exit(0)\ndz = A()"),
    "KeyboardInterrupt": ("raised", "raise KeyboardInterrupt"),
    "builtins that lie": ("ended", "import builtins\nbuiltins.isinstance = builtins.len = builtins.list = None\ndz = 1"),
    "a pickle": ("output", "import os\nclass P:\n    def __reduce__(self): return os.system, ('touch {folder}/harm',)\ndz = P()"),
    "forged nonsense": ("output", WRITE_JSON.format(text="'hello'")),
}  # fmt: skip

OWN_ANSWERS = {  # what tries to be right, or louder than others, and is judged by its numbers all the same
    "a million lines": "for i in range(10 ** 6): print(i)\ndz = 3.0",
    "a million lines past Python": "import os\nfor i in range(10 ** 6): os.write(1, b'line')\ndz = 3.0",
    "NumPy that lies": "np.allclose = np.array_equal = np.isclose = lambda *a, **k: True\ndz = 3.0",
    "a subclass that lies": "class Liar(np.ndarray):\n    def __eq__(self, other): return True\n    def __sub__(self, other): return 0 * other\n    def __rsub__(self, other): return 0 * other\n    def __array_ufunc__(self, *a, **k): return True\ndz = np.array(3.0).view(Liar)",
    "an object that turns into an array": "class Liar:\n    __class__ = np.ndarray\n    shape = (7,)\n    def __array__(self, *a, **k): return np.array(3.0)\ndz = Liar()",
    "a hook on every call": "import sys\nsys.setprofile(lambda *a: None)\nsys.settrace(lambda *a: None)\ndz = 3.0",
    "work at the end": "import atexit\ndef f():\n    while True: pass\natexit.register(f)\ndz = 3.0",
    "another standard output": "import sys\nsys.stdout = sys.stderr = sys.__stdout__ = None\ndz = 3.0",
    "variables of the callers": "import sys\nf = sys._getframe()\nwhile f.f_back: f = f.f_back\nf.f_globals['PRINTED'] = 10 ** 9\ndz = 3.0",
    "a forged answer": WRITE_JSON.format(text="json.dumps(dict(points=[dict(answers=dict(dz=dict(shape=[], dtype='float64', data=[3])), trouble=None)], printed='', protections=['all']))"),
    "a garbage collector that is off": "import gc\ngc.disable(); gc.set_threshold(0)\ndz = 3.0",
}  # fmt: skip

FAST = {
    "an endless loop in C", "errors that are caught", "10 GB", "a flood of the channel", "sys.exit", "os._exit",
    "a segmentation fault", "closed files", "forged nonsense", "NumPy that lies", "a subclass that lies", "work at the end", "a forged answer",
}  # fmt: skip
"""What is run at every change; the others are of the same kinds."""

REACHES = {  # what reaches out; with the lock nothing of it succeeds: the last line is never reached
    "the parent's memory": "open(f'/proc/{parent}/mem', 'rb')",
    "the parent's environment": "open(f'/proc/{parent}/environ', 'rb')",
    "the parent's command": "open(f'/proc/{parent}/cmdline', 'rb')",
    "its own memory": "open('/proc/self/mem', 'rb')",
    "the parent's memory by a call": "assert ctypes.CDLL(None).process_vm_readv({parent}, 0, 0, 0, 0, 0) < 0; raise PermissionError",
    "the parent by ptrace": "assert ctypes.CDLL(None).ptrace(16, {parent}, 0, 0) < 0; raise PermissionError",
    "a signal to the parent": "os.kill({parent}, 0)",
    "the exercises in the library": "open('{library}/exercises/making/definition.py')",
    "a folder": "os.listdir('{folder}')",
    "a file that is read": "open('{folder}/precious.txt')",
    "a file that is written": "open('{folder}/harm', 'w')",
    "a file that is overwritten": "open('{folder}/precious.txt', 'w')",
    "a file that is appended to": "os.open('{folder}/precious.txt', os.O_APPEND | os.O_WRONLY)",
    "a file that is cut": "os.truncate('{folder}/precious.txt', 0)",
    "a file that is deleted": "os.remove('{folder}/precious.txt')",
    "a folder that is deleted": "shutil.rmtree('{folder}')",
    "a file that is renamed": "os.rename('{folder}/precious.txt', '{folder}/harm')",
    "a symbolic link": "os.symlink('/etc/passwd', '{folder}/harm')",
    "a link": "os.link('{folder}/precious.txt', '{folder}/harm')",
    "a mode": "os.chmod('{folder}/precious.txt', 0o777)",
    "a pipe with a name": "os.mkfifo('{folder}/harm')",
    "a file in memory": "os.memfd_create('harm')",
    "the network": "socket.create_connection(('127.0.0.1', {port}), timeout=1)",
    "the network by UDP": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))",
    "a server": "socket.socket().bind(('127.0.0.1', 0))",
    "a program": "subprocess.run(['/bin/sh', '-c', 'touch {folder}/harm'])",
    "a program by the shell": "assert os.system('touch {folder}/harm'); raise PermissionError",
    "another program": "os.execv('/bin/sh', ['sh', '-c', 'touch {folder}/harm'])",
    "128 processes": "[os.fork() for _ in range(7)]; time.sleep(30)",
    "a daemon": "os.fork() or os.setsid() and os.fork() or open('{folder}/harm', 'w') and time.sleep(30)",
    "a thread": "threading.Thread(target=time.sleep, args=(30,)).start()",
    "a greater limit": "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "another process's limit": "resource.prlimit({parent}, resource.RLIMIT_NOFILE, (9, 9))",
    "calls by their other numbers": "assert all(ctypes.CDLL(None).syscall(n | 0x40000000) < 0 for n in (57, 58, 41)); raise PermissionError",
    "no more seccomp": "assert ctypes.CDLL(None).prctl(22, 0, 0, 0, 0) < 0; raise PermissionError",
    "a signal by a file": "fcntl.fcntl(2, fcntl.F_SETOWN, {parent})",
    "a rest that stays": "os.setpgid(0, 0)",
}  # fmt: skip

MODULES = "import ctypes, fcntl, os, resource, shutil, signal, socket, subprocess, sys, threading, time\n"


ATTEMPT = """
def attempt():
    {source}
try:
    attempt()
    print({name!r}, "is not refused")
except (PermissionError, RuntimeError, ValueError) as error:
    dz += 1
"""
ALL_REACHES = MODULES + "dz = 0" + "".join(ATTEMPT.format(name=n, source=s) for n, s in REACHES.items())


class World:
    """What a hostile answer may want to harm, and the children that were started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.precious = folder / "precious.txt"
        self.precious.write_text("precious")
        self.mode = self.precious.stat().st_mode
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.setblocking(False)
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind(self.server.getsockname())
        self.datagrams.setblocking(False)
        self.children: list[int] = []

    def run(self, source: str, lock: bool, seconds: float = 20) -> Report:
        own = source.format(parent=os.getpid(), folder=self.folder, port=self.server.getsockname()[1], library=LIBRARY)
        return run(own, [{"z": np.float64(1)}], ["dz"], seconds=seconds, lock=lock)

    def assert_unharmed(self) -> None:
        assert [path.name for path in self.folder.iterdir()] == ["precious.txt"]
        assert self.precious.read_text() == "precious"
        assert self.precious.stat().st_mode == self.mode
        with pytest.raises(BlockingIOError):
            self.server.accept()
        with pytest.raises(BlockingIOError):
            self.datagrams.recv(1)
        self.assert_alone()

    def assert_alone(self) -> None:
        """No process is left in the group of a child; those that were ended may take a moment to be gone."""
        for child in self.children:
            for _ in range(100):
                try:
                    os.killpg(child, 0)
                except ProcessLookupError:
                    break
                time.sleep(0.05)
            else:
                raise AssertionError(f"the group of {child} has processes")


LIBRARY = Path(running.__file__).parents[2]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World(tmp_path)

    class Popen(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            world.children.append(self.pid)

    monkeypatch.setattr(subprocess, "Popen", Popen)
    yield world
    world.server.close()
    world.datagrams.close()


LOCK = pytest.param(
    True, id="locked", marks=pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux")
)
NO_LOCK = pytest.param(False, id="unlocked", marks=pytest.mark.slow)


def trouble_in(report: Report) -> Trouble:
    answer = report.answers[0].get("dz", report.troubles[0])
    assert isinstance(answer, Trouble)
    return answer


@pytest.mark.parametrize("lock", [LOCK, NO_LOCK])
@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] * (n not in FAST)) for n in COSTS])
def test_what_costs_too_much_costs_only_itself(world: World, name: str, lock: bool) -> None:
    key, source = COSTS[name]
    report = world.run(source, lock, seconds=0.5 if key == "timeout" else 20)
    assert trouble_in(report).key == key, report
    assert ("seccomp" in report.protections) == lock
    world.assert_unharmed()


@pytest.mark.parametrize("lock", [LOCK, NO_LOCK])
@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] * (n not in FAST)) for n in OWN_ANSWERS])
def test_what_lies_is_judged_by_its_own_numbers(world: World, name: str, lock: bool) -> None:
    report = world.run(OWN_ANSWERS[name], lock)
    answer = report.answers[0]["dz"]
    assert type(answer) is np.ndarray, report
    assert (answer.shape, answer.item()) == ((), 3.0)
    assert len(report.printed) <= 2_000
    assert "all" not in report.protections
    world.assert_unharmed()


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux")
def test_what_reaches_out_is_refused(world: World) -> None:
    report = world.run(ALL_REACHES, lock=True)
    assert report.troubles == (None,)
    assert report.printed.splitlines() == []
    assert report.answers[0]["dz"] == len(REACHES)
    world.assert_unharmed()


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux")
@pytest.mark.parametrize("name", ["another program", "a file that is overwritten", "a daemon"])
def test_what_is_refused_says_so(world: World, name: str) -> None:
    trouble = world.run(f"{MODULES}{REACHES[name]}\ndz = 1", lock=True).troubles[0]
    assert trouble is not None
    assert trouble.line == 2
    assert "Answers open no files, start no processes and use no network." in trouble.text


FORGED = {
    "nothing": b"", "no JSON": b"hello", "depth": b"[" * 10**6, "a list": b"[]", "digits": b"9" * 10**5, "bytes": b"\xff",
    "no points": b'{"points": [], "printed": ""}', "null": b"null", "a text": b'"points"',
    "no dict": b'{"points": [1], "printed": ""}',
    "a number": b'{"points": [{"answers": 3, "trouble": null}], "printed": ""}',
}  # fmt: skip
FORGED_ARRAYS = [
    '{"shape": [1000000000], "dtype": "float64", "data": [1]}', '{"shape": [-1, -1], "dtype": "float64", "data": [1]}',
    '{"shape": [1], "dtype": "float64", "data": [{}]}', '{"shape": [1], "dtype": "float64", "data": [[1]]}',
    '{"shape": [2], "dtype": "float64", "data": [[1], 2]}', '{"shape": [1], "dtype": [], "data": [1]}',
    '{"shape": [1e999], "dtype": "float64", "data": [1]}', '{"shape": "1", "dtype": "float64"}', '{"key": []}', "null",
    '{"shape": [1], "dtype": "float64", "data": [1' + "0" * 400 + "]}", '{"shape": [0, 1000000000], "dtype": "float32"}',
    '{"shape": [1' + "0" * 300 + '], "dtype": "float64"}', '{"shape": [' + "9," * 10_000 + '9], "dtype": "float64"}',
    '{"shape": [1,1,1,1,1,1,1,1,1,1], "dtype": "float64", "data": [1]}', '{"key": "right", "text": "", "line": -1}',
]  # fmt: skip


@pytest.mark.parametrize("line", FORGED.values(), ids=FORGED)
def test_a_forged_report_is_refused(line: bytes) -> None:
    with pytest.raises(running._Wrong):
        running._report(line, 1, ())


@pytest.mark.parametrize("sent", FORGED_ARRAYS)
def test_a_forged_array_is_refused_or_is_trouble(sent: str) -> None:
    line = f'{{"points": [{{"answers": {{"dz": {sent}}}, "trouble": null}}], "printed": ""}}'
    try:
        report = running._report(line.encode(), 1, ())
    except running._Wrong:
        return
    assert trouble_in(report).key == "output"
    assert len(trouble_in(report).text) <= 500


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs processes that fork")
@pytest.mark.parametrize(
    "source",
    [
        f"{MODULES}[os.fork() for _ in range(7)]; time.sleep(30)",
        f"{MODULES}threading.Thread(target=time.sleep, args=(30,)).start()\ndz = 3.0",
        f"{MODULES}os.kill(os.getpid(), signal.SIGSTOP)",
    ],
    ids=["128 processes", "a thread that stays", "a child that stops"],
)  # fmt: skip
def test_what_stays_is_ended_without_the_lock_too(world: World, source: str) -> None:
    world.run(source, lock=False, seconds=1.5)
    world.assert_alone()


def test_the_next_answer_is_judged_as_if_nothing_had_been(world: World) -> None:
    world.run("import os; os._exit(1)", lock=True)
    assert world.run("dz = z + 1", lock=True).answers[0]["dz"] == 2
