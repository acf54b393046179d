"""From what a trace records to the lines that a person would have written."""

from __future__ import annotations

from tinygrad_lite.programs.program import Program, without_dead_lines
from tinygrad_lite.programs.rewriting.building import Builder
from tinygrad_lite.programs.rewriting.ordering import ordered
from tinygrad_lite.programs.rewriting.rules import rules_of
from tinygrad_lite.programs.rewriting.watching import with_cheap_watch

__all__ = ["simplified"]

ROUNDS = 3  # a round may make room for rules that ask how often a value is used; the second finds nearly all


def simplified(program: Program) -> Program:
    """The program with fewer lines in a better order, equal to it on all inputs, nan and inf included.

    Equal means: the same number, or one that is no less exact, since it needs fewer roundings; only the sign of a zero
    may differ, where nothing sees it. What NumPy would have warned of (overflow, division by zero) it warns of here, too. An output may be an
    input itself, or two outputs may be one value: whoever hands them out copies them.
    """
    program = _rewritten(without_dead_lines(program))
    cheaper = with_cheap_watch(program)
    return ordered(program if cheaper is program else _rewritten(without_dead_lines(cheaper)))


def _rewritten(program: Program) -> Program:
    for _ in range(ROUNDS):
        before = program
        program = without_dead_lines(Builder(rules_of).rebuild(program))
        if _shape(program) == _shape(before):
            break
    return program


def _shape(program: Program) -> list[str]:
    return [line.primitive.name for line in program.lines]
