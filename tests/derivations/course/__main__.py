"""The course as a table, or the list of what is not closed.

python -m tests.derivations.course              the table
python -m tests.derivations.course WORD ...     the cases whose names have one of these words, with their derivations
python -m tests.derivations.course --not-closed > tests/derivations/course/not_closed.txt
"""

from __future__ import annotations

import sys

from tests.derivations.course import CASES
from tests.derivations.course.judging import LONGER, Verdict, judge


def row(v: Verdict) -> str:
    """One case: what was found, and printed formulas above the textbook's where it is not closed."""
    ratio = max(v.ratios.values(), default=0.0)
    lines = [f"{'WRONG' if v.wrong else v.state:8}{ratio:6.2f}{v.work:9,}{v.seconds:7.2f} s  {v.name}"]
    if v.trouble:
        lines.append(f"            {v.trouble}")
    lines += [f"            wrong: {w}" for w in v.wrong]
    for leaf, printed in v.printed.items():
        if v.ratios.get(leaf, 0) > LONGER or v.undefined[leaf]:
            undefined = f"   undefined: {' '.join(sorted(v.undefined[leaf]))}" if v.undefined[leaf] else ""
            lines += [
                f"            {leaf}: {printed[:600]}{undefined}",
                f"            {' ' * len(leaf)}  {v.textbook[leaf]}",
            ]
    return "\n".join(lines)


def main(words: list[str]) -> None:
    """Print what the arguments ask for."""
    only = [w for w in words if not w.startswith("--")]
    chosen = [c for c in CASES.values() if not only or any(w in c.name for w in only)]
    verdicts = [judge(c) for c in chosen]
    if "--not-closed" in words:
        print("\n".join(f"{v.state}: {v.name}" for v in verdicts if v.state != "closed"))
        return
    for v in verdicts:
        print(row(v))
        if only:
            print(v.text, *(f"{x} = {f}" for x, f in v.printed.items()), sep="\n", end="\n\n")
    states = [v.state for v in verdicts]
    print(f"\n{len(verdicts)} cases: {states.count('closed')} closed, {states.count('long')} long, {states.count('refused')} refused, "
          f"{sum(bool(v.wrong) for v in verdicts)} with wrong values, "
          f"{sum(v.work for v in verdicts):,} expressions, {sum(v.seconds for v in verdicts):.1f} CPU seconds")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
