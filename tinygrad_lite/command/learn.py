"""`tinygrad-lite learn`: exercises in a folder, checked in the terminal."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tinygrad_lite.command.terminal import Terminal
from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises.learning import catalogue, texts
from tinygrad_lite.exercises.learning.folder import LEVELS, Folder, UnreadableAnswer

__all__ = ["add_arguments", "run"]

ID = "a number, an id or a file; the current exercise if none is given"
HERE = "exercises"
"""The folder that is made where none is named."""

KNOBS = {
    "layers": "how many, 1 to 3",
    "activations": "of sigmoid, tanh, relu, linear",
    "costs": "of quadratic, cross-entropy, log-likelihood",
    "shapes": "numbers, example (vectors) or batch (m examples)",
}
"""What can be chosen of a random exercise: one, or several with commas between them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands of `tinygrad-lite learn`, and their options."""
    parser.add_argument("--dir", metavar="DIR", help="the folder with the exercises (default: found from here)")
    parser.set_defaults(work=_where)
    below = parser.add_subparsers(title="what to do", metavar="WHAT")

    def add(name: str, work: Callable[[argparse.Namespace, Terminal], int], line: str) -> argparse.ArgumentParser:
        added = below.add_parser(name, help=line, description=line)
        added.add_argument("--dir", metavar="DIR", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        added.set_defaults(work=work)
        return added

    start = add("start", _start, "write a file for each exercise into a folder")
    start.add_argument("folder", nargs="?", metavar="DIR", help=f"a new folder (default: {HERE})")
    check = add("check", _check, "say whether your answers are right; the status is 0 if all are, 1 if not")
    check.add_argument("id", nargs="?", metavar="ID", help=ID)
    add("watch", _watch, "check whenever a file is saved, and take keys")
    add("next", _next, "go on to the next exercise that is not right yet").add_argument(
        "id", nargs="?", metavar="ID", help="or to this one"
    )
    hint = add("hint", _hint, f"a hint; each time one level deeper, {LEVELS} in all")
    hint.add_argument("words", nargs="*", metavar="[ID] [STEP]", help="an exercise, and a step of it such as dz2")
    hint.add_argument("--level", type=int, choices=range(1, LEVELS + 1), help="a hint that you saw already")
    solution = add("solution", _solution, "the solution, once you have solved it")
    solution.add_argument("words", nargs="*", metavar="[ID] [STEP]", help="an exercise, and a step of it such as dz2")
    solution.add_argument("--show", action="store_true", help="before that, too; your progress will say so")
    reset = add("reset", _reset, "write the file of an exercise anew; your answers are kept beside it")
    reset.add_argument("id", nargs="?", metavar="ID", help=ID)
    _add_new(add("new", _new, "add an exercise: of a cost function in a file, or one made by chance"))
    export = add("export", _export, "write an exercise to hand out: statement, picture, room for answers, no solution")
    export.add_argument("id", nargs="?", metavar="ID", help=ID)
    export.add_argument(
        "-o", "--output", required=True, metavar="FILE", help=".html, .ipynb, .md or .tex (a sheet of paper)"
    )
    lister = add("list", _list, "all exercises, with their numbers")
    progress = add("progress", _progress, "what is right, what is begun, which hints you took")
    for each in (check, lister, progress):
        each.add_argument("--json", action="store_true", help="for programs")


def _add_new(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--from", dest="source", metavar="FILE.py:COST", help="an Exercise, or a cost function in NumPy"
    )
    source.add_argument(
        "--random", action="store_true", help="by chance, with the options below; each seed another one"
    )
    parser.add_argument(
        "--seed",
        type=int,
        metavar="N",
        help="which numbers, and which random exercise (default: one that is not there yet)",
    )
    parser.add_argument("--steps", metavar="NAMES", help='of a cost function: what to derive by, as in "a2 z2 W2"')
    for knob, what in KNOBS.items():
        parser.add_argument(f"--{knob}", metavar="A,B", help=f"of --random: {what}")


def run(options: argparse.Namespace) -> int:
    """Do what the options say; the status: 0, or 1 for answers that are not right. Raises ExerciseError, OSError."""
    result: int = options.work(options, Terminal())
    return result


def _folder(options: argparse.Namespace, id: str | None = None) -> Folder:
    """The folder of --dir, or the one of a file that is named, or the one around here."""
    if options.dir is not None:
        return Folder.at(Path(options.dir))
    file = Path(id) if id is not None and id.endswith(".py") else None
    return Folder.around(file.parent if file is not None and file.is_file() else Path("."))


def _say(terminal: Terminal, folder: Folder, lines: Iterable[str] = ()) -> int:
    """Print lines, and on stderr what else a learner must be told."""
    for line in lines:
        terminal.write(line)
    _tell(folder)
    return 0


def _tell(folder: Folder) -> None:
    for note in folder.notes:
        Terminal(sys.stderr).wrapped(f"tinygrad-lite: {note}", 2)
    folder.notes.clear()


def _json(terminal: Terminal, folder: Folder, data: Any) -> None:
    terminal.write(json.dumps(data, ensure_ascii=False, indent=1))
    _tell(folder)


# --- the subcommands ----------------------------------------------------------------------------------------------


def _where(options: argparse.Namespace, terminal: Terminal) -> int:
    folder = _folder(options)
    lines = [*texts.progress(folder, terminal.width), "", *texts.invitation(folder, folder.entry(), terminal.width)]
    return _say(terminal, folder, [*lines, "  More   tinygrad-lite learn --help"])


def _start(options: argparse.Namespace, terminal: Terminal) -> int:
    folder = Folder(Path(options.folder or options.dir or HERE))
    written = 0
    for entry in folder.start():
        written += 1
        terminal.passing(f"writing {entry.name}")
    terminal.passing("")
    known, path = folder.entries, texts.where(folder.path)
    kept = f"; {len(known) - written} were there, and are as they were" if written < len(known) else ""
    terminal.wrapped(f"{written} exercises written into {path}{kept}.", 2)
    lines = ["", *texts.invitation(folder, folder.entry(), terminal.width)]
    lines += ["  Stuck  tinygrad-lite learn hint", "", "Or have each save checked:", "  tinygrad-lite learn watch"]
    return _say(terminal, folder, lines)


def _check(options: argparse.Namespace, terminal: Terminal) -> int:
    folder = _folder(options, options.id)
    entry = folder.entry(options.id)
    try:
        check = folder.check(entry)
    except UnreadableAnswer as error:
        if options.json:
            trouble = {"key": "syntax", "parameters": {}, "text": str(error)}
            _json(terminal, folder, {"id": entry.id, "right": False, "error": trouble, "steps": []})
        else:
            _say(terminal, folder, texts.unreadable(str(error), terminal.width))
        return 1
    if options.json:
        _json(terminal, folder, {**check.verdict.as_dict(), "printed": check.printed, "notes": list(check.notes)})
    else:
        _say(terminal, folder, texts.checked(folder, check, terminal.width, terminal.colors))
    return 0 if check.verdict.right else 1


def _watch(options: argparse.Namespace, terminal: Terminal) -> int:
    from tinygrad_lite.command import watch

    if not watch.possible():
        Terminal(sys.stderr).write("tinygrad-lite: watch needs a terminal. The answers are checked once.")
        return _check(argparse.Namespace(dir=options.dir, id=None, json=False), terminal)
    folder = _folder(options)
    watch.watch(folder)
    return _say(terminal, folder)


def _next(options: argparse.Namespace, terminal: Terminal) -> int:
    folder = _folder(options, options.id)
    entry = folder.following() if options.id is None else folder.entry(options.id)
    if entry is None:
        return _say(terminal, folder, [texts.ALL_RIGHT])
    folder.choose(entry)
    return _say(terminal, folder, texts.invitation(folder, entry, terminal.width))


def _exercise_and_step(folder: Folder, words: list[str]) -> tuple[Any, str | None]:
    """What `hint 3 dz2`, `hint 3` and `hint dz2` are about."""
    entry = folder.entry()
    steps = [name for step in entry.steps for name in (step, f"d{step}")]
    if len(words) == 1 and words[0] in steps:
        return entry, words[0]
    if len(words) > 2:
        raise ExerciseError(f"give an exercise and a step of it, as in 3 dz2; got {' '.join(words)}.")
    return folder.entry(*words[:1]), (words[1] if len(words) == 2 else None)


def _hint(options: argparse.Namespace, terminal: Terminal) -> int:
    folder = _folder(options, *options.words[:1])
    entry, step = _exercise_and_step(folder, options.words)
    return _say(terminal, folder, texts.hinted(folder.hint(entry, step, options.level), terminal.width))


def _solution(options: argparse.Namespace, terminal: Terminal) -> int:
    folder = _folder(options, *options.words[:1])
    entry, step = _exercise_and_step(folder, options.words)
    return _say(terminal, folder, folder.solution(entry, step, options.show, terminal.width).splitlines())


def _reset(options: argparse.Namespace, terminal: Terminal) -> int:
    folder = _folder(options, options.id)
    entry = folder.entry(options.id)
    terminal.wrapped(texts.was_reset(folder, entry, folder.reset(entry)), 2)
    return _say(terminal, folder)


def _new(options: argparse.Namespace, terminal: Terminal) -> int:
    folder = _folder(options)
    knobs = {knob: getattr(options, knob).split(",") for knob in KNOBS if getattr(options, knob) is not None}
    if options.random:
        if options.steps is not None:
            raise ExerciseError("--steps is for --from: a random exercise has its own steps.")
        if "layers" in knobs:
            knobs["layers"] = [_whole(word) for word in knobs["layers"]]
        entry = folder.add_random(options.seed, **knobs)
    else:
        if knobs:
            raise ExerciseError(f"--{next(iter(knobs))} is for --random: a cost in a file is as it is.")
        given = {key: getattr(options, key) for key in ("steps", "seed") if getattr(options, key) is not None}
        entry = folder.add({"from": catalogue.seen_from(folder.path, options.source), **given})
    return _say(terminal, folder, texts.invitation(folder, entry, terminal.width))


def _whole(word: str) -> int:
    if not (word.isascii() and word.isdecimal() and len(word) < 9):
        raise ExerciseError(f"--layers takes whole numbers, as in 1,2; got {word!r}.")
    return int(word)


def _export(options: argparse.Namespace, terminal: Terminal) -> int:
    folder = _folder(options, options.id)
    folder.export(folder.entry(options.id), Path(options.output))
    return _say(terminal, folder, [f"wrote {options.output}"])


def _list(options: argparse.Namespace, terminal: Terminal) -> int:
    folder = _folder(options)
    if not options.json:
        return _say(terminal, folder, texts.listing(folder, terminal.width))
    _json(terminal, folder, [texts.as_dict(folder, entry) for entry in folder.entries])
    return 0


def _progress(options: argparse.Namespace, terminal: Terminal) -> int:
    folder = _folder(options)
    if not options.json:
        return _say(terminal, folder, texts.progress(folder, terminal.width))
    rows = [texts.as_dict(folder, entry) for entry in folder.entries]
    _json(terminal, folder, {"right": sum(row["standing"] == "right" for row in rows), "exercises": rows})
    return 0
