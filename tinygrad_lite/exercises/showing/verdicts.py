"""What is said of answers, for terminals and for notebooks and pages."""

from __future__ import annotations

import html as web
import textwrap
from collections.abc import Iterator

from tinygrad_lite.exercises.judging.verdict import StepVerdict, Verdict
from tinygrad_lite.exercises.showing.signs import CSS, SIGNS, TERMINAL, outcome_of

INDENT = "    "


def text(verdict: Verdict, width: int = 80, color: bool = False) -> str:
    """The verdict for a terminal of 40 columns or more: a block for each step, and at the end what to do now.

    color: whether the terminal takes ANSI colours; signs say the same without.
    """
    lines: list[str] = []
    for step in verdict.steps:
        head = f"{SIGNS[step.outcome]} d{step.step}: {outcome_of(step)}"
        wrapped = textwrap.wrap(head, width, subsequent_indent=INDENT)
        lines += [_painted(line, step) for line in wrapped] if color else wrapped
        for said in sentences(step):
            lines += _sentence(said, width)
    lines += ["", *textwrap.wrap(now(verdict), width)]
    return "\n".join(lines)


def sentences(step: StepVerdict) -> Iterator[str]:
    """What is said of a step besides its outcome: the slip, then the notes."""
    if step.slip is not None:
        yield step.slip.text
    yield from (note.text for note in step.notes)


def now(verdict: Verdict) -> str:
    """How many steps are right, and where the work goes on.

    >>> from tinygrad_lite.exercises.judging.verdict import StepVerdict
    >>> now(Verdict("x", (StepVerdict("a", "right"), StepVerdict("z", "wrong"))))
    '1 of 2 steps is right. Go on with dz.'
    """
    first = verdict.first_wrong
    count, right = len(verdict.steps), sum(step.outcome == "right" for step in verdict.steps)
    if first is None:
        return "This is right." if count == 1 else f"All {count} steps are right."
    done = "" if not right else f"{right} of {count} steps {'is' if right == 1 else 'are'} right. "
    if first.outcome == "missing":
        return f"{done}Next: d{first.step}."
    later = [step for step in verdict.steps if first.step in step.given]
    again = f" What follows from it ({', '.join(f'd{s.step}' for s in later)}) changes with it." if later else ""
    return f"{done}Go on with d{first.step}.{again}"


def html(verdict: Verdict, title: str = "", picture: str = "") -> str:
    """The verdict as a part of a page. picture: HTML that is put below, such as the graph with marks."""
    rows = "".join(_row(step) for step in verdict.steps)
    head = f'<p style="margin:.2em 0 .6em"><strong>{web.escape(title)}</strong></p>' if title else ""
    table = f'<table style="border-collapse:collapse;text-align:left">{rows}</table>'
    last = f'<p style="margin:.6em 0">{web.escape(now(verdict))}</p>'
    return f'<div class="verdict" style="max-width:48em;line-height:1.5">{head}{table}{last}{picture}</div>'


def _row(step: StepVerdict) -> str:
    cell = 'style="text-align:left;vertical-align:top;padding:.25em .8em .25em 0'
    said = "".join(_paragraph(sentence) for sentence in sentences(step))
    color = f"color:{CSS[step.outcome]};font-weight:bold"
    return (
        f'<tr><td {cell};{color}">{SIGNS[step.outcome]}</td>'
        f'<td {cell}"><code>d{web.escape(step.step)}</code></td>'
        f'<td {cell}"><span style="{color}">{web.escape(outcome_of(step))}</span>{said}</td></tr>'
    )


def _paragraph(sentence: str) -> str:
    first, *shown = sentence.split("\n")
    block = f'<pre style="margin:.2em 0">{web.escape(chr(10).join(shown))}</pre>' if shown else ""
    return f"<div>{web.escape(first)}</div>{block}"


def _sentence(sentence: str, width: int) -> list[str]:
    """A sentence in lines of this width. A caret in the last line points at a place in the line above it."""
    first, *more = sentence.split("\n")
    if more and more[-1].strip() == "^":
        return _wrapped(first, width) + [INDENT + line for line in _window(more, width - len(INDENT))]
    return [line for part in (first, *more) for line in _wrapped(part, width)]


def _wrapped(line: str, width: int) -> list[str]:
    return textwrap.wrap(line, width, initial_indent=INDENT, subsequent_indent=INDENT, break_on_hyphens=False)


def _window(shown: list[str], room: int) -> list[str]:
    """The part of lines that has room, with the caret in sight."""
    longest, place = max(map(len, shown)), shown[-1].index("^")
    start = max(0, min(place - room // 2, longest - room))
    return [line[start : start + room] for line in shown]


def _painted(line: str, step: StepVerdict) -> str:
    return f"\x1b[{TERMINAL[step.outcome]}m{line}\x1b[0m"
