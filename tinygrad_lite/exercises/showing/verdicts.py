"""What is said of answers, for terminals and for notebooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tinygrad_lite.exercises.judging.verdict import StepVerdict, Verdict
from tinygrad_lite.exercises.message import Message
from tinygrad_lite.exercises.showing.escaping import plain
from tinygrad_lite.exercises.showing.signs import CSS, SIGNS, TERMINAL, outcome_of
from tinygrad_lite.wrapping import wrapped

INDENT = "    "


def text(verdict: Verdict, width: int = 80, color: bool = False) -> str:
    """The verdict for a terminal of 40 columns or more: a block for each step, and at the end what to do now.

    color: whether the terminal takes ANSI colours; signs say the same without.
    """
    lines: list[str] = []
    for step in verdict.steps:
        head = f"{SIGNS[step.outcome]} d{step.step}: {outcome_of(step)}"
        heading = wrapped(head, width, later=INDENT)
        lines += [_painted(line, step) for line in heading] if color else heading
        for message in messages(step):
            lines += _sentence(message.text, width)
    lines += ["", *wrapped(now(verdict), width)]
    return "\n".join(lines)


def messages(step: StepVerdict) -> Iterator[Message]:
    """What is said of a step besides its outcome: the slip, then the notes."""
    if step.slip is not None:
        yield step.slip
    yield from step.notes


def now(verdict: Verdict) -> str:
    """How many steps are right, and where the work goes on.

    >>> from tinygrad_lite.exercises.judging.verdict import StepVerdict
    >>> now(Verdict("x", (StepVerdict("a", "right"), StepVerdict("z", "wrong"))))
    '1 of 2 steps is right. Go on with dz.'
    """
    first = verdict.first_wrong
    count, right = len(verdict.steps), sum(step.outcome == "right" for step in verdict.steps)
    if first is None:
        return "This is right." if count == 1 else f"{'Both' if count == 2 else f'All {count}'} steps are right."
    done = "" if not right else f"{right} of {count} steps {'is' if right == 1 else 'are'} right. "
    if first.outcome == "missing":
        return f"{done}Next: d{first.step}."
    later = [first.step]
    for step in verdict.steps:
        if not {*later}.isdisjoint(step.given):
            later.append(step.step)
    again = (
        f" What follows from it ({', '.join(f'd{name}' for name in later[1:])}) changes with it." if later[1:] else ""
    )
    return f"{done}Go on with d{first.step}.{again}"


def markdown(
    verdict: Verdict, title: str, picture: str, typeset: Callable[[str, Message], str | None] = lambda step, said: None
) -> str:
    """The verdict in Markdown, for a notebook.

    picture: Markdown that is put below, such as the graph with marks. typeset: the Markdown of a message about a step,
    where it has formulas that can be set; None for its text.
    """
    items = [_item(step, lambda said, step=step: typeset(step.step, said)) for step in verdict.steps]  # type: ignore[misc]
    return "\n\n".join([f"**{plain(title)}**", "\n".join(items), plain(now(verdict)), picture]) + "\n"


def _item(step: StepVerdict, typeset: Callable[[Message], str | None]) -> str:
    sign = f'<span style="color:{CSS[step.outcome]}">{SIGNS[step.outcome]}</span>'
    parts = [f"- {sign} `d{step.step}`: **{plain(outcome_of(step))}**"]
    for message in messages(step):
        first, *shown = message.text.split("\n")
        parts.append(f"  {typeset(message) or plain(first)}")
        if shown:
            parts[-1] += "\n\n" + "\n".join(["  ```", *(f"  {line}" for line in shown), "  ```"]) + "\n"
    return "  \n".join(parts)  # two blanks at its end: the line is broken there


def _sentence(sentence: str, width: int) -> list[str]:
    """A sentence in lines of this width. A caret in the last line points at a place in the line above it."""
    first, *more = sentence.split("\n")
    if more and more[-1].strip() == "^":
        return wrapped(first, width, INDENT, INDENT) + [INDENT + line for line in _window(more, width - len(INDENT))]
    return [line for part in (first, *more) for line in wrapped(part, width, INDENT, INDENT)]


def _window(shown: list[str], room: int) -> list[str]:
    """The part of lines that has room, with the caret in sight."""
    longest, place = max(map(len, shown)), shown[-1].index("^")
    start = max(0, min(place - room // 2, longest - room))
    return [line[start : start + room] for line in shown]


def _painted(line: str, step: StepVerdict) -> str:
    return f"\x1b[{TERMINAL[step.outcome]}m{line}\x1b[0m"
