"""Answer files: formulas in quotes, which are read and never run, and code, which is run in a child process."""

from __future__ import annotations

import ast
import os
import re
import stat
import threading
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises.answers.kinds import MISSING, Answer, Computed, Formula, Trouble
from tinygrad_lite.exercises.answers.reading import numbers
from tinygrad_lite.exercises.answers.steps import step_of
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.sandbox.ends import behind, ended
from tinygrad_lite.exercises.sandbox.imports import imports
from tinygrad_lite.exercises.sandbox.run import SECONDS, Report, printable, run

LARGEST = 50_000
"""How many bytes an answer file may have."""

SHOWN = 70
"""How many characters of a line that is not Python are shown."""

NOTES = 10
"""How many notes are kept."""

_LITERAL = re.compile(r"""[rRuU]?(\"\"\"|\'\'\'|\"|\')(.*)\1""", re.DOTALL)
_CODE = "code"
_NOT_RUN = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Pass)
_parsing = threading.Lock()


class Answers(dict[str, Answer]):
    """The answers of a file, by left side such as "dz2" or "dW1_jk"; a dict that knows how it was read.

    printed: what the code of the file printed. notes: what a learner should know of the file. imports: the libraries
    of automatic differentiation that it imports. protections: what was active while its code ran; empty if there was
    none to run.
    """

    printed: str = ""
    notes: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    protections: tuple[str, ...] = ()


@dataclass
class _File:
    """A parsed file. lines: of its text, as bytes. lefts: what each left side was given, a Formula, None for nothing, or _CODE."""

    lines: list[bytes]
    lefts: dict[str, Formula | str | None] = field(default_factory=dict)
    replaced: list[tuple[str, ast.Constant]] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    runs: bool = False
    answers: bool = False

    def put(self, left: str, answer: Formula | str | None) -> None:
        """The last answer counts, at its place in the file."""
        self.lefts.pop(left, None)
        self.lefts[left] = answer


def read(source: str | os.PathLike[str], exercise: Definition, *, seconds: float = SECONDS) -> Answers:
    """The answers of a file, by their left sides; a file is given as a Path or by the text that is in it.

    A line such as dz2 = "(a2 - y) / m" is a formula. Everything else is code: it is run in a child process once at
    each point, with the values of the point as its names, and gives numbers or Trouble. An answer that is "", None or
    ... is not answered. Raises ExerciseError for a file that cannot be opened, and for one that is not Python, with
    the line and the place.

    >>> from tinygrad_lite.exercises import load
    >>> read('dz2 = "(a2 - y) / m"', load("two-layers"))
    {'dz2': Formula(text='(a2 - y) / m', left='dz2')}
    """
    text, name = _text(source)
    tree = _parsed(text, name)
    file = _sorted(text, tree, exercise.steps)
    found: dict[str, Answer] = {}
    if file.runs:
        report, found = _computed(file, exercise, seconds)
    else:
        report = None
    order = [*file.lefts, *(left for left in found if left not in file.lefts)]
    formulas = {left: answer for left, answer in file.lefts.items() if isinstance(answer, Formula)}
    answers = Answers({left: {**formulas, **found}[left] for left in order if left in formulas or left in found})
    answers.imports = tuple(imports(tree))
    if report is not None:
        answers.printed, answers.protections = report.printed, report.protections
    answers.notes = tuple(file.notes[:NOTES])
    return answers


def _text(source: str | os.PathLike[str]) -> tuple[str, str]:
    """The text of a file, and what to call it in messages."""
    name = "the answers" if isinstance(source, str) else Path(source).name
    data = source.encode(errors="replace") if isinstance(source, str) else _bytes(Path(source))
    if len(data) > LARGEST:
        raise ExerciseError(f"{name} has more than {LARGEST:,} bytes, which is too long for a file of answers.")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n"), name
    except UnicodeDecodeError as error:
        raise ExerciseError(f"{name} is not text in UTF-8: {error.reason} at byte {error.start}.") from error


def _bytes(path: Path) -> bytes:
    """The beginning of a file. A link may show somebody else's file, and a pipe never ends: they are refused."""
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with open(number, "rb") as file:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise ExerciseError(f"{path.name} is not a file of answers: it is a pipe or a device.")
            return file.read(LARGEST + 1)
    except OSError as error:
        why = "it is a link; give the file itself" if path.is_symlink() else error.strerror
        raise ExerciseError(f"{path.name} cannot be opened: {why}.") from error


def _parsed(text: str, name: str) -> ast.Module:
    try:
        with _parsing, warnings.catch_warnings():  # formulas have backslashes of which Python warns
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        shown = ""
        if error.text is not None and error.offset is not None:
            first = max(0, error.offset - SHOWN)
            line = printable(error.text.rstrip("\n")[first : first + SHOWN].replace("\t", " "))
            shown = f"\n    {line}\n    {' ' * (error.offset - 1 - first)}^"
        where = name if error.lineno is None else f"line {error.lineno} of {name}"
        why = re.split(r"[.?] (?:Maybe|Perhaps|Did) ", error.msg)[0]  # what Python thinks was meant misleads here
        left = " A line begins with the name of a step, as in the file." if why.startswith("cannot assign") else ""
        raise ExerciseError(f"{where} is not Python: {why}.{left} Put formulas in quotes.{shown}") from error
    except (ValueError, RecursionError, MemoryError) as error:
        # A MemoryError has no text.
        raise ExerciseError(f"{name} is not Python: {str(error) or 'it is nested too deeply'}.") from error


def _sorted(text: str, tree: ast.Module, steps: Sequence[str]) -> _File:
    """What of a file is a formula, what is left empty, and what is code."""
    file = _File(text.encode().split(b"\n"))
    for statement in tree.body:
        names, constant = _constant(statement)
        for name in names:
            if not _is_step(name, steps):
                _note_unknown(file, name, statement.lineno, steps)
            elif constant is not None and _says_something(constant):
                file.put(name, Formula(_as_written(file.lines, constant), name))
                if not file.replaced or file.replaced[-1][1] is not constant:
                    file.replaced.append((name, constant))
            else:
                file.put(name, None)
        if constant is None and not _only_text(statement):
            stored = [name for name in _stored(statement) if _is_step(name, steps)]
            for name in stored:
                file.put(name, _CODE)
                file.texts[name] = _expression(statement, text) if len(stored) == 1 else ""
            own = isinstance(statement, ast.FunctionDef) and statement.name == "answer"
            file.answers |= own
            file.runs |= own or bool(stored) or not isinstance(statement, _NOT_RUN)
            file.used |= {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
    return file


def _constant(statement: ast.stmt) -> tuple[list[str], ast.Constant | None]:
    """The names and the constant of a line such as dz2 = "…", dz2 = None or dz2: str = "…"."""
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        return [], None
    value, names = statement.value, [t.id for t in targets if isinstance(t, ast.Name)]
    if len(names) < len(targets) or not isinstance(value, ast.Constant):
        return [], None
    if value.value is None or value.value is ... or isinstance(value.value, str):
        return names, value
    return [], None


def _says_something(constant: ast.Constant) -> bool:
    return isinstance(constant.value, str) and constant.value.strip() not in MISSING


def _only_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _expression(statement: ast.stmt, text: str) -> str:
    """The code on the right of a line such as dz2 = (a2 - y) / m; "" for other statements."""
    value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    return ast.get_source_segment(text, value) or "" if value is not None else ""


def _stored(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement may give a value to."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef):
            yield node.name


def _is_step(left: str, steps: Sequence[str]) -> bool:
    try:
        step_of(left, steps)
    except ExerciseError:
        return False
    return True


def _note_unknown(file: _File, name: str, line: int, steps: Sequence[str]) -> None:
    """A formula for no step is a slip of the pen if its name looks like that of a gradient."""
    if name[0] in "dD" and name not in ("date", "description"):
        try:
            step_of(name, steps)
        except ExerciseError as error:
            file.notes.append(f"line {line} is not judged: {error}")


def _as_written(lines: Sequence[bytes], constant: ast.Constant) -> str:
    r"""A formula as it stands in the file: a learner who writes "\frac" does not mean a form feed and "rac"."""
    first, last = constant.lineno - 1, (constant.end_lineno or constant.lineno) - 1
    written = b"\n".join(lines[first : last + 1])
    end = len(written) - len(lines[last]) + (constant.end_col_offset or 0)
    literal = _LITERAL.fullmatch(written[constant.col_offset : end].decode())
    return printable(literal[2] if literal and "\\" in literal[2] else str(constant.value))


def _code(file: _File) -> str:
    """The text with each formula replaced by the name of its numbers, on the same lines."""
    lines = list(file.lines)
    for name, constant in reversed(file.replaced):
        first, last = constant.lineno - 1, (constant.end_lineno or constant.lineno) - 1
        head, tail = lines[first][: constant.col_offset], lines[last][constant.end_col_offset :]
        lines[first : last + 1] = (head + b"(" + name.encode() + b"\n" * (last - first) + b")" + tail).split(b"\n")
    return b"\n".join(lines).decode()


def _computed(file: _File, exercise: Definition, seconds: float) -> tuple[Report, dict[str, Answer]]:
    """What the code of a file answers."""
    points = [*exercise.points, *exercise.unseen]
    given = [{**point.values, **point.sizes} for point in points]
    formulas = {left: answer for left, answer in file.lefts.items() if isinstance(answer, Formula)}
    earlier: list[dict[str, Any]] = [{} for _ in points]
    for left, formula in formulas.items():
        # Code may use a gradient that was answered by a formula. One that cannot be read stays a text.
        step, _ = step_of(left, exercise.steps)
        used = file.used & formulas.keys()
        values = numbers(formula, exercise, step, points, earlier) if used else [formula.text] * len(points)
        if left in used and any(isinstance(value, Trouble) for value in values):
            file.notes.append(f"code uses {left}, which is not computed: mend its formula first.")
        for own, names, value in zip(earlier, given, values, strict=True):
            names[left] = formula.text if isinstance(value, Trouble) else value
            if not isinstance(value, Trouble):
                own[step] = value
    lefts = [left for left, answer in file.lefts.items() if answer is _CODE]
    report = run(_code(file), given, lefts, seconds=seconds)
    returned = dict.fromkeys(left for answers in report.answers for left in answers)
    for left in returned:
        if not _is_step(left, exercise.steps):
            file.notes.append(f"{left!r} is returned and not judged: it is no step of this exercise.")
    wanted = dict.fromkeys([*lefts, *(left for left in returned if _is_step(left, exercise.steps))])
    if file.answers and any(report.troubles):
        answered = {step_of(left, exercise.steps)[0] for left in (*wanted, *formulas)}
        wanted.update(dict.fromkeys(f"d{step}" for step in exercise.steps if step not in answered))
    ends = [
        trouble and ended(trouble, file.lines, {**names, **answers}, point.sizes)
        for trouble, names, answers, point in zip(report.troubles, given, report.answers, points, strict=True)
    ]
    found: dict[str, Answer] = {}
    for left in wanted:
        answer = _answer(left, report, ends, file.texts.get(left, ""))
        if answer is not None:
            found[left] = answer
            if isinstance(answer, Computed):  # the first that the file did not come to has the error
                ends = [end and behind(end) if answer.values[n] is end else end for n, end in enumerate(ends)]
    trouble = next((t for t in report.troubles if t is not None), None)
    if trouble is not None and not any(_has_trouble(answer) for answer in found.values()):
        file.notes.append(f"{'' if trouble.line is None else f'line {trouble.line}: '}{trouble.text}")
    return report, found


def _has_trouble(answer: Answer) -> bool:
    return isinstance(answer, Computed) and any(isinstance(v, Trouble) for v in answer.values.values())


def _answer(left: str, report: Report, ends: Sequence[Trouble | None], text: str) -> Answer | None:
    """The answer for a left side from what was computed at the points; None if there is none."""
    values: dict[int, Any] = {}
    for number, (answers, trouble) in enumerate(zip(report.answers, ends, strict=True)):
        values[number] = answers.get(left, trouble)
    some = list(values.values())
    if all(value is None for value in some):
        return None
    if isinstance(some[0], str) and all(isinstance(value, str) and value == some[0] for value in some):
        return Formula(some[0], left)
    for number, value in values.items():
        if value is None or isinstance(value, str):
            what = "has a value at some points only" if value is None else "is a text at some points"
            values[number] = Trouble("output", f"{left} {what}; it must be an array of numbers at each.")
    return Computed(values, text)
