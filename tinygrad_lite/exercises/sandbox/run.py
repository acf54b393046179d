"""Run a learner's code in a child process, and take plain numbers from it.

The child gets the source and the numbers of the points, and nothing else: the gradients stay here, where its answers
are compared with them. Whatever comes back is checked, because the child may have been made to say anything.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises.answers.kinds import Trouble
from tinygrad_lite.exercises.sandbox.child import PRINTED, TEXT

SECONDS = 10.0
"""How long a file may take for all points together."""

START = 60.0
"""How long Python and NumPy may take to start, on a machine that is very busy."""

OUTPUT = 4_000_000
"""How many bytes are read from a child."""

LEFT = 100
"""How many characters of the name of an answer are kept."""

_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_PASSED = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_FLOATS = {"float16": np.float16, "float32": np.float32}


@dataclass(frozen=True)
class Report:
    """What came of the code of a file.

    answers: for each point what was answered, by left side: an array, a text, or Trouble. troubles: for each point
    the Trouble that ended the code there, or None. printed: the beginning of what it printed. protections: what was
    active while it ran.
    """

    answers: tuple[Mapping[str, Any], ...]
    troubles: tuple[Trouble | None, ...]
    printed: str = ""
    protections: tuple[str, ...] = ()


def run(
    source: str,
    points: Sequence[Mapping[str, Any]],
    lefts: Sequence[str],
    *,
    seconds: float = SECONDS,
    lock: bool = True,
) -> Report:
    """Run source once at each point, in one child process, with the point's values as its global names.

    lefts: the names whose values are answers; a function answer(…) may return more in a dict. Several threads may
    call this at once. lock: False leaves out Landlock and seccomp, for tests. Raises ExerciseError if no child can be started.

    >>> report = run("dz = 2 * z", [{"z": np.array([1.0, 2.0])}], ["dz"])
    >>> report.answers[0]["dz"]
    array([2., 4.])
    """
    request = {
        "source": source,
        "lefts": list(lefts),
        "points": [{name: _encoded(value) for name, value in point.items()} for point in points],
        "seconds": seconds,
        "lock": lock,
        "numpy": str(Path(np.__file__).parent.parent),
    }
    child = _Child(json.dumps(request).encode())
    protections: tuple[str, ...] = ()
    try:
        protections = _protections(child)
        line = child.line(seconds)
        if line is None:
            trouble = child.end()
        else:
            return _report(line, len(points), protections)
    except TimeoutError:
        trouble = Trouble("timeout", f"it did not answer within {seconds:g} seconds.")
    except _Wrong as error:
        trouble = Trouble("output", str(error))
    finally:
        child.kill()
    return Report(({},) * len(points), (trouble,) * len(points), "", protections)


def unprotected(protections: Collection[str]) -> list[str]:
    """What an answer's code could have done with these protections, in sentences.

    >>> unprotected(["time limit", "memory limit", "Landlock", "seccomp"])
    []
    """
    could = []
    if "Landlock" not in protections and "seccomp" not in protections:
        could.append("It could read, write and delete this user's files.")
    if "seccomp" not in protections:
        could.append("It could start programs, use the network and end other processes of this user.")
    if "memory limit" not in protections:
        could.append("It could use up the memory.")
    return could


def printable(text: Any) -> str:
    """A text that a terminal may show: other characters could move its cursor or hide what stands there.

    >>> printable("a\\x1b[2Jb")
    'a�[2Jb'
    """
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in str(text))


class _Wrong(Exception):
    """What came back is no answer."""


class _Child:
    """A child process, what is written to it and the lines that come back."""

    def __init__(self, request: bytes) -> None:
        environment = {name: os.environ[name] for name in _PASSED if name in os.environ}
        environment.update(dict.fromkeys(_THREADS, "1"))
        command = [sys.executable, "-I", "-S", "-B", str(Path(__file__).parent / "child.py")]
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd=Path(sys.executable).anchor,
                start_new_session=True,
                bufsize=0,
            )
        except (OSError, ValueError) as error:
            raise ExerciseError(
                f"answers that are code need a process of their own, and none can be started here: {error}. "
                "Write formulas in quotes."
            ) from error
        self.lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._talk, args=(request,), daemon=True)
        self.thread.start()

    def _talk(self, request: bytes) -> None:
        """Write the request and read lines, until the end or until it is too much."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(OSError):
            with self.process.stdin as pipe:
                rest = memoryview(request)
                while rest:
                    rest = rest[pipe.write(rest) :]
            buffer, total = b"", 0
            while total <= OUTPUT and (chunk := self.process.stdout.read(65_536)):
                total += len(chunk)
                *lines, buffer = (buffer + chunk).split(b"\n")
                for line in lines:
                    self.lines.put(line)
            if total > OUTPUT:
                self.lines.put(b"")
        self.lines.put(None)

    def line(self, seconds: float) -> bytes | None:
        """The next line, or None at the end. Raises TimeoutError."""
        try:
            return self.lines.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None

    def end(self) -> Trouble:
        """Why a child ended that did not answer."""
        try:
            code = self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            code = 0
        if code < 0 and -code in (signal.SIGKILL, getattr(signal, "SIGXCPU", None)):
            return Trouble("timeout", "it used more time or memory than answers may have, and was ended.")
        why = f" ({signal.Signals(-code).name})" if code < 0 else ""
        return Trouble("ended", f"it ended before it answered{why}.")

    def kill(self) -> None:
        """End the child and all processes of its group."""
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        self.thread.join(timeout=1)
        if not self.thread.is_alive() and self.process.stdout is not None:
            self.process.stdout.close()


def _protections(child: _Child) -> tuple[str, ...]:
    """The protections from the first line, which is written before the learner's code is run."""
    try:
        line = child.line(START)
        message = json.loads(line) if line else {"failed": "Python ends at once"}
    except TimeoutError:
        message = {"failed": f"Python and NumPy are not loaded after {START:g} seconds"}
    if "failed" in message:
        raise ExerciseError(f"the process for answers that are code does not start: {message['failed']}.")
    return tuple(message["protections"])


def _report(line: bytes, points: int, protections: tuple[str, ...]) -> Report:
    """The second line as a report. All of it may be forged: every part is checked."""
    if not line:
        raise _Wrong(f"it answered more than {OUTPUT:,} bytes.")
    try:
        message = json.loads(line)
        if len(message["points"]) != points:
            raise ValueError("not one answer a point")
        answers = tuple(
            {(name := printable(left)[:LEFT]): _decoded(name, value) for left, value in dict(point["answers"]).items()}
            for point in message["points"]
        )
        troubles = tuple(_trouble(point["trouble"]) if point["trouble"] else None for point in message["points"])
        return Report(answers, troubles, printable(message["printed"])[:PRINTED], protections)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError, MemoryError) as error:
        raise _Wrong("what it answered cannot be read.") from error


def _encoded(value: Any) -> Any:
    if isinstance(value, int | str):
        return value
    array = np.asarray(value)
    return {"shape": list(array.shape), "dtype": array.dtype.name, "data": array.ravel().tolist()}


def _decoded(left: str, sent: Any) -> Any:
    """An array, a text or Trouble from what a child sent."""
    if "key" in sent:
        return _trouble(sent)
    if "text" in sent:
        return printable(sent["text"])[:10_000]
    shape = tuple(int(length) for length in sent["shape"])
    if len(shape) > 64 or not all(0 <= length < 1 << 63 for length in shape):
        raise ValueError("no shape")
    if "data" not in sent:
        return Trouble("output", f"{left} has the shape {shape}, which is too large for an answer."[:TEXT])
    array = np.array(sent["data"], dtype=float)
    if array.ndim != 1 or len(shape) > 8 or math.prod(shape) != array.size:
        raise ValueError("not an array")
    return array.reshape(shape).astype(_FLOATS.get(sent["dtype"], np.float64))


def _trouble(sent: Any) -> Trouble:
    line = sent["line"]
    key = sent["key"] if sent["key"] in ("raised", "syntax", "memory", "ended") else "output"
    return Trouble(key, printable(sent["text"])[:TEXT], line if isinstance(line, int) and 0 < line < 10**6 else None)
