"""`tinygrad-lite teach`: for those who set exercises and grade answers."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from tinygrad_lite.command.terminal import Terminal

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `tinygrad-lite teach`."""
    below = parser.add_subparsers(title="what to do", metavar="WHAT", required=True)
    _grade_arguments(below.add_parser("grade", help="grade a folder of answers into a table", description=_GRADE))


_GRADE = "Grade a folder that has one file, or one folder with files, for each student."


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
    """Do what the options say. Raises ExerciseError where that is not possible."""
    return int(options.do(options))


def _grade(options: argparse.Namespace) -> int:
    from tinygrad_lite.exercises.teaching.grade import grade
    from tinygrad_lite.exercises.teaching.summary import summary

    terminal = Terminal()
    sheet = grade(
        options.folder, options.output, options.exercise, resume=options.resume, jobs=max(1, options.jobs),
        points=options.points, seconds=options.timeout, reports=options.reports, tell=terminal.write,
    )  # fmt: skip
    terminal.write("\n" + summary(sheet.rows.values(), sheet.columns))
    terminal.write(f"\nwrote {options.output}")
    return 0
