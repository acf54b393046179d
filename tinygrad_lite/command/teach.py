"""`tinygrad-lite teach`: for those who set exercises and grade answers."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from tinygrad_lite.command.terminal import Terminal
from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.files import write

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `tinygrad-lite teach`."""
    below = parser.add_subparsers(title="what to do", metavar="WHAT", required=True)
    for name, (line, arguments) in {
        "new": ("write the line that makes an exercise of a cost function", _new_arguments),
        "check": ("say whether an exercise is fit to be handed out", _check_arguments),
        "export": ("write an exercise to hand out: statement, room for answers, no solution", _export_arguments),
        "grade": ("grade a folder that has a file or a folder for each student", _grade_arguments),
    }.items():
        arguments(below.add_parser(name, help=line, description=line))


def _new_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="FILE.py:COST", help="a cost function in plain NumPy; the file is run")
    parser.add_argument("--steps", default="", metavar='"a z w"', help="what to derive by (default: all, in order)")
    parser.add_argument("--shapes", default="", metavar='"x: m n, w: n"', help="axes (default: found by trying)")
    parser.add_argument("--title", default="", help="what a learner reads first")
    parser.add_argument("-o", "--output", metavar="FILE.py", type=Path, help="write the file with the line below it")
    parser.set_defaults(do=_new)


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("exercise", metavar="ID|FILE.py[:NAME]", help="an exercise of the path, or in a file")
    parser.add_argument("--slips", action="store_true", help="list what a learner may be told, for each step")
    parser.set_defaults(do=_check)


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("exercise", metavar="ID|FILE.py[:NAME]", help="an exercise of the path, or in a file")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        required=True,
        help=".py (the file to fill in), .html, .ipynb, .md or .tex (a sheet of paper)",
    )
    parser.set_defaults(do=_export)


def _grade_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", type=Path, help="one file or one folder for each student")
    parser.add_argument("-o", "--output", metavar="FILE.csv", type=Path, required=True, help="the table, as CSV")
    parser.add_argument(
        "--resume", action="store_true", help="go on with a table: answers that changed are graded again"
    )
    parser.add_argument(
        "--exercise", action="append", default=[], metavar="ID|FILE.py:NAME",
        help="what is answered (several times for several; default: what the answers name at their head)",
    )  # fmt: skip
    parser.add_argument("--points", default="", metavar="dz2=2,...", help="points a step, 1 by default; follows=0.5")
    parser.add_argument("--reports", metavar="DIR", type=Path, help="write a report for each student there")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: %(default)s)")
    parser.add_argument(
        "--timeout", type=float, default=10.0, metavar="S", help="seconds for an answer's code (default: %(default)g)"
    )
    parser.set_defaults(do=_grade)


def run(options: argparse.Namespace) -> int:
    """Do what the options say; the exit status: 1 for an exercise that is not fit to be handed out, else 0.

    Raises ExerciseError where it cannot be done.
    """
    return int(options.do(options))


def _new(options: argparse.Namespace) -> int:
    from tinygrad_lite.exercises.path.files import parts
    from tinygrad_lite.exercises.teaching.new import draft

    made = draft(options.source, options.steps, options.shapes, options.title)
    terminal = Terminal()
    if options.output is None:
        terminal.write(made.text.rstrip())
        return 0 if made.works else 1
    if options.output.exists():  # what a teacher has written is not overwritten
        raise ExerciseError(f"{options.output} is there already. Take another name.")
    source = parts(options.source)[0].read_text(encoding="utf-8")
    write(options.output, f"{source.rstrip()}\n\n\n{made.text}")
    for question in made.questions:
        terminal.wrapped(f"? {question}", 2)
    terminal.write(f"wrote {options.output}; now: tinygrad-lite teach check {options.output}:{made.name}")
    return 0 if made.works else 1


def _check(options: argparse.Namespace) -> int:
    from tinygrad_lite.exercises.teaching.checking import findings, messages_of
    from tinygrad_lite.exercises.teaching.finding import exercise_named

    terminal = Terminal()
    exercise = exercise_named(options.exercise)
    all_right = True
    for found in findings(exercise):
        if found.what == "statement" and found.right:
            terminal.write("\n" + exercise.statement() + "\n")
        terminal.wrapped(str(found), 4)
        all_right &= found.right
    for step in exercise.steps if options.slips else ():
        terminal.write(f"\nd{step}, what may be told:")
        for message in messages_of(exercise, step):
            terminal.wrapped(f"  {message}", 4)
    return 0 if all_right else 1


def _export(options: argparse.Namespace) -> int:
    from tinygrad_lite.exercises.handout import export
    from tinygrad_lite.exercises.teaching.finding import exercise_named

    export(exercise_named(options.exercise), options.output)
    Terminal().write(f"wrote {options.output}")
    return 0


def _grade(options: argparse.Namespace) -> int:
    from tinygrad_lite.exercises.teaching.grade import grade
    from tinygrad_lite.exercises.teaching.summary import summary

    terminal = Terminal()
    sheet = grade(
        options.folder, options.output, options.exercise, resume=options.resume, jobs=max(1, options.jobs),
        points=options.points, seconds=options.timeout, reports=options.reports, tell=terminal.write,
    )  # fmt: skip
    terminal.write()
    for line in summary(sheet.rows.values(), sheet.columns).splitlines():
        terminal.wrapped(line, 6)
    terminal.write(f"\nwrote {options.output}")
    return 0
