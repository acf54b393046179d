"""What runs in the child process: a learner's file, once at each point. It imports nothing of tinygrad_lite.

It is started by its path. A request comes as JSON on standard input. Two lines of JSON go back on standard output:
the protections that are active, written before any code of the learner is run, and then the answers.
"""

from __future__ import annotations

import inspect
import io
import json
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

ELEMENTS = 10_000
"""An answer with more numbers is not sent: no gradient of an exercise is so large."""

ANSWERS = 100
"""A dict with more answers is not sent."""

PRINTED = 2_000
"""How many characters of what the learner's code prints are kept."""

TEXT = 500
"""How many characters of an error are sent."""

FILE = "<answers>"
"""The name of the learner's file in tracebacks; the child does not know the true one."""


class Printed(io.TextIOBase):
    """A standard output that keeps its beginning."""

    def __init__(self) -> None:
        self.text = ""
        self.open = True

    def write(self, text: str) -> int:
        if self.open and len(self.text) < PRINTED:
            self.text += text[: PRINTED - len(self.text)]
        return len(text)

    def writable(self) -> bool:
        return True


class NoNumbers(Exception):
    """An answer that is no array of numbers."""


def main() -> None:
    request = json.loads(sys.stdin.buffer.read())
    channel = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    try:
        sys.path += [os.path.dirname(__file__), request["numpy"]]
        import numpy as np
        import protections  # type: ignore[import-not-found]

        del sys.path[-2:]  # NumPy knows its own folder; what lies beside it is not for answers
        folder = os.path.dirname(np.__file__)
        active = protections.start(request["seconds"], folder, request["lock"])
    except Exception as error:
        send(channel, {"failed": f"{type(error).__name__}: {error}"})
        return
    send(channel, {"protections": active})
    printed = Printed()
    sys.stdout = sys.stderr = printed
    points = []
    for point in request["points"]:
        points.append(answered(np, request["source"], request["lefts"], point))
        printed.open = False  # the same is printed at every point
    send(channel, {"points": points, "printed": printed.text})
    os._exit(0)  # not to wait for threads, nor for what the learner's code wants to do at the end


def send(channel: int, message: Any) -> None:
    rest = json.dumps(message).encode() + b"\n"
    while rest:
        rest = rest[os.write(channel, rest) :]


def answered(np: Any, source: str, lefts: Iterable[str], point: Any) -> Any:
    """The answers at a point, by left side, and the trouble that ended the file there if there was any."""
    given = {name: decoded(np, value) for name, value in point.items()}
    names = {"__name__": "answers", "np": np, "numpy": np, **given}
    trouble = tried(lambda: exec(compile(source, FILE, "exec", dont_inherit=True), names))
    found = {left: names[left] for left in lefts if left in names}
    if trouble is None and callable(names.get("answer")):
        returned: Any = None

        def call() -> None:
            nonlocal returned
            returned = called(names["answer"], given)
            if not isinstance(returned, dict):
                raise NoNumbers(
                    f"answer returns {kind(returned)}. Return a dict of gradients, as in return {{'dz2': …}}."
                )
            if len(returned) > ANSWERS:
                raise NoNumbers(f"answer returns {len(returned):,} answers, which are too many.")

        trouble = tried(call)
        if trouble is None:
            found.update((left, value) for left, value in returned.items() if isinstance(left, str))
    sent = {}
    for left, value in found.items():
        if value is not None and value is not ...:
            sent[left] = encoded(np, left, value, given)
    return {"answers": sent, "trouble": trouble}


def called(function: Callable[..., Any], given: dict[str, Any]) -> Any:
    """A function's result on the values that its parameters name."""
    arguments = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind == parameter.VAR_KEYWORD:
            arguments.update(given)
        elif name in given:
            arguments[name] = given[name]
        elif parameter.default is parameter.empty and parameter.kind != parameter.VAR_POSITIONAL:
            raise NoNumbers(f"a function takes {name!r}, which is not given. Given are {', '.join(given)}.")
    return function(**arguments)


def encoded(np: Any, left: str, value: Any, given: dict[str, Any]) -> Any:
    """An answer as plain data: a text, or the shape and the numbers, or the trouble that it made."""
    sent: Any = None

    def encode() -> None:
        nonlocal sent
        result = called(value, given) if callable(value) else value
        if isinstance(result, str):
            sent = {"text": result}
            return
        array = np.asarray(result)
        if array.dtype.kind not in "biuf":
            raise NoNumbers(f"{left} is {kind(result)} and no array of real numbers.")
        sent = {"shape": list(array.shape), "dtype": array.dtype.name}
        if array.size <= ELEMENTS:
            sent["data"] = array.astype(float).ravel().tolist()

    return tried(encode) or sent


def decoded(np: Any, sent: Any) -> Any:
    """A given value: a size is an int, a formula a text, a number is a NumPy scalar, an array cannot be written to."""
    if isinstance(sent, int | str):
        return sent
    array = np.array(sent["data"], dtype=sent["dtype"]).reshape(sent["shape"])
    array.flags.writeable = False
    return array[()]


def kind(value: Any) -> str:
    return "None" if value is None else f"of the type {type(value).__name__}"


def tried(work: Callable[[], None]) -> Any:
    """Do the work; the trouble that it made as plain data, or None."""
    try:
        work()
    except BaseException as error:  # SystemExit too: it ends the file, and not the child
        return trouble_of(error)
    return None


def trouble_of(error: BaseException) -> Any:
    line, frame = None, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == FILE:
            line = frame.tb_lineno
        frame = frame.tb_next
    name = type(error).__name__
    key, text = "raised", f"{name}: {error}"
    if isinstance(error, SyntaxError):
        key, text, line = "syntax", str(error.msg), error.lineno
    elif isinstance(error, MemoryError):
        key, text = "memory", "it asked for more memory than answers may have."
    elif isinstance(error, SystemExit):
        key, text = "ended", "it ended itself before it answered."
    elif isinstance(error, NoNumbers):
        key, text = "output", str(error)
    elif isinstance(error, PermissionError):
        text += ". Answers open no files, start no processes and use no network."
    elif isinstance(error, ModuleNotFoundError):
        text += ". Answers are computed with NumPy and what comes with Python."
    return {"key": key, "text": text[:TEXT], "line": line}


if __name__ == "__main__":
    main()
