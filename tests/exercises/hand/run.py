"""What the diagnosis says of all wrong answers: python -m tests.exercises.hand.run WORDS.

WORDS choose the answers that are shown: ids of exercises, kinds, ratings (accepted, named, misnamed, unknown, refused), all.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict

from tests.exercises.hand.wrong_answers import Wrong, judged, rated, wrong_answers
from tinygrad_lite.exercises import StepVerdict

RATINGS = ("accepted", "named", "misnamed", "unknown", "refused")


def line(wrong: Wrong, rating: str, said: StepVerdict) -> str:
    """One answer, what we call its slip, and what was said."""
    heard = (
        f"[{said.slip.key}] {said.slip.text}" if said.slip else f"({said.outcome}) " + " · ".join(map(str, said.notes))
    )
    return f"{rating:9} {wrong}\n          ours: {' / '.join(wrong.kinds)} {wrong.words and f'({wrong.words})'}\n          said: {heard}"


def main(words: list[str]) -> None:
    """Print the answers that words choose, and a table by kind; with --list, what is not named, a line each."""
    if words == ["--list"]:
        for wrong in wrong_answers():
            if wrong.nameable and (rating := rated(wrong, judged(wrong))) != "named":
                print(f"{rating}: {wrong}")
        return
    table: dict[str, Counter[str]] = defaultdict(Counter)
    nameable: Counter[str] = Counter()
    for wrong in wrong_answers():
        said = judged(wrong)
        rating = rated(wrong, said)
        table[wrong.kinds[0] if wrong.nameable else "nonsense"][rating] += 1
        nameable[rating] += wrong.nameable
        if any(w in (wrong.exercise, rating, "all", *wrong.kinds) for w in words):
            print(line(wrong, rating, said))
    print(f"{'kind':28}" + "".join(f"{r:>10}" for r in RATINGS))
    for kind, counts in sorted(table.items()):
        print(f"{kind:28}" + "".join(f"{counts[r] or '':>10}" for r in RATINGS))
    print(f"{'all nameable':28}" + "".join(f"{nameable[r]:>10}" for r in RATINGS), f"of {nameable.total()}")


if __name__ == "__main__":
    main(sys.argv[1:])
