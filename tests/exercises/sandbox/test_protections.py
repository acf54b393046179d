"""The truth is not in the child; protections hold one without the other, and are said as they are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinygrad_lite.exercises import load
from tinygrad_lite.exercises.sandbox import protections
from tinygrad_lite.exercises.sandbox.run import run, unprotected
from tinygrad_lite.exercises.teaching import grade as grading

linux = pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux")

DUMP = """
import os, sys
def everything():
    with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb', 0) as memory:
        for line in maps:
            span, rights, *_ = line.split()
            first, last = (int(end, 16) for end in span.split('-'))
            if rights[:2] == 'rw':
                try:
                    memory.seek(first)
                    while first < last:
                        part = memory.read(min(last - first, 1 << 20))
                        first += len(part)
                        if any(part):
                            yield part
                except (OSError, OverflowError, ValueError):
                    pass
    yield repr((sys.argv, sys.orig_argv, dict(os.environ), sys.path, os.getcwd())).encode()
    yield repr([(fd, os.readlink('/proc/self/fd/' + fd)) for fd in os.listdir('/proc/self/fd') if os.path.exists('/proc/self/fd/' + fd)]).encode()
    for name in ('cmdline', 'environ'):
        with open('/proc/self/' + name, 'rb') as file:
            yield file.read()
with open({pipe!r}, 'wb') as pipe:
    for part in everything():
        pipe.write(part)
dz2 = 0
"""


def seen_in(memory: bytes, values: Iterable[float]) -> list[float]:
    """The values that stand in a memory as text, or as a float64 or a float32 at a multiple of 4 bytes."""
    texts = set(re.findall(rb"-?\d+\.\d+(?:e-?\d+)?", memory))
    found = [value for value in values if repr(value).encode() in texts]
    for kind in "<f8", "<f4":
        wanted = np.array(sorted(values), dtype=kind)
        for first in range(0, 8, 4):
            words = np.frombuffer(memory[first : first + (len(memory) - first) // 8 * 8], dtype=kind)
            found += [float(v) for v in words[np.isin(words, wanted)]]
    return found


def known_at(values: Mapping[str, Any]) -> set[float]:
    return {float(v) for value in values.values() for v in np.ravel(value)}


@linux
@pytest.mark.slow
def test_the_truth_is_not_in_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the lock, or an answer could not look: its arguments, environment, open files and whole memory."""
    monkeypatch.setenv("SECRET_OF_THE_PARENT", "the key to the cupboard")
    exercise = load("two-layers")
    points = [*exercise.points, *exercise.unseen]
    given = [{**point.values, **point.sizes} for point in points]
    known = {v for values in given for v in known_at(values)}
    truth = {float(v) for point in points for step in exercise.steps for v in np.ravel(point.truth[step])}
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    dumped = []
    reader = threading.Thread(target=lambda: dumped.append(pipe.read_bytes()), daemon=True)
    reader.start()
    report = run(DUMP.format(pipe=str(pipe)), given[:1], [], lock=False, seconds=60)
    assert report.troubles == (None,)
    reader.join(10)
    memory = dumped[0]
    numbers = {v for v in known_at(given[0]) if abs(v) > 1e-3 and v % 1}
    assert len(set(seen_in(memory, numbers))) == len(numbers) > 20  # so that the search finds what is there
    secret = {v for v in truth - known if abs(v) > 1e-6 and v % 0.125}
    assert len(secret) > 100
    assert seen_in(memory, secret) == []
    assert b"SECRET_OF_THE_PARENT" not in memory
    assert exercise.title.encode() not in memory
    assert exercise.cost.__name__.encode() not in memory
    assert exercise.cost.__code__.co_filename.encode() not in memory


# --- one protection without the other --------------------------------------------------------------------------------


def with_only(started: str, tried: str) -> str:
    """What is printed by code that is run after protections are started one by one, in a process of its own."""
    start = (
        "import ctypes, os, sys; sys.path[:0] = sys.argv[1:]; import numpy, protections as p; del sys.path[:2]\n"
        "libc = ctypes.CDLL(None, use_errno=True); libc.syscall.restype = ctypes.c_long; libc.prctl(38, 1, 0, 0, 0)\n"
    )
    folders = str(Path(protections.__file__).parent), str(Path(np.__path__[0]).parent)
    done = subprocess.run(  # without site-packages and what is installed to be edited, as a child of the product
        [sys.executable, "-I", "-S", "-c", f"{start}{started}\n{tried}", *folders],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@linux
def test_without_landlock_no_file_is_opened_and_what_is_loaded_can_be_used() -> None:
    started = "p.preloaded(); assert p.seccomp(libc, os.uname().machine, opens=False)"
    tried = """
import random, statistics, decimal
print(numpy.random.rand(2).shape, numpy.fft.fft([1.0]), statistics.mean([1, 3]), decimal.Decimal(1) / 2)
for path in "/etc/passwd", numpy.__file__:
    try: open(path)
    except PermissionError: print("refused")
"""
    assert with_only(started, tried) == "(2,) [1.+0.j] 2 0.5\nrefused\nrefused\n"


@linux
def test_landlock_alone_lets_python_be_read_and_nothing_be_written(tmp_path: Path) -> None:
    started = "assert p.landlock(libc, [*p.readable(numpy.__path__[0])])"
    tried = f"""
import statistics
print(statistics.mean([1, 3]), len(open(numpy.__file__).read()) > 0)
for path, mode in ("/etc/passwd", "r"), ({str(tmp_path / "harm")!r}, "w"), (numpy.__file__, "a"), (p.__file__, "r"):
    try: open(path, mode)
    except PermissionError: print("refused")
"""
    assert with_only(started, tried) == "2 True\n" + 4 * "refused\n"


@linux
def test_packages_beside_python_and_numpy_are_not_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(Path(os.__file__).parent)])
    folder = Path(np.__file__).parent
    paths = list(protections.readable(str(folder)))
    assert str(folder) in paths
    assert not [path for path in paths if Path(path).name in ("site-packages", "dist-packages", "tinygrad_lite")]
    assert any(path.endswith("statistics.py") for path in paths)


@linux
def test_seccomp_knows_both_machines() -> None:
    for column, *_ in protections.MACHINES.values():
        numbers = [numbers[column] for numbers in protections.CALLS.values() if numbers[column] is not None]
        assert len(numbers) == len(set(numbers)) > 40
    assert {"fork", "clone", "execve", "kill", "socket", "ptrace", "fcntl", "ioctl", "prctl"}.isdisjoint(
        protections.CALLS
    )


# --- what is said ----------------------------------------------------------------------------------------------------


@linux
def test_a_report_names_the_protections_that_were_active() -> None:
    names = ("time limit", "memory limit", "Landlock", "seccomp")
    assert [p for p in run("", [{}], []).protections if p != "process limit"] == list(names)
    assert [p for p in run("", [{}], [], lock=False).protections if p != "process limit"] == list(names[:2])


def test_what_an_answer_could_have_done_is_said() -> None:
    assert unprotected(("time limit", "memory limit", "seccomp")) == []
    assert len(unprotected(("time limit", "memory limit"))) == 2
    assert unprotected(("Landlock", "seccomp")) == ["It could use up the memory."]


# --- many at once ----------------------------------------------------------------------------------------------------


def test_several_threads_run_answers_at_once() -> None:
    with ThreadPoolExecutor(4) as pool:
        reports = pool.map(lambda n: run(f"dz = {n} * z", [{"z": np.ones(2)}], ["dz"]), range(8))
        assert [report.answers[0]["dz"].tolist() for report in reports] == [[n, n] for n in range(8)]


@pytest.mark.slow
def test_a_teacher_is_told_what_was_left_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "answers"
    folder.mkdir()
    (folder / "ada.py").write_text("# Exercise: one-neuron\nda = a - y\n")
    monkeypatch.setattr(grading, "unprotected", lambda protections: [f"It could run {len(protections)} things."])
    told: list[str] = []
    grading.grade(folder, tmp_path / "grades.csv", tell=told.append)
    assert told[-1].startswith("The code of the answers was not locked in on this machine. It could run ")
