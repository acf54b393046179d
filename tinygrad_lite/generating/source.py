"""Expressions as functions of Python: what is used more than once gets a name, what the VJPs use is saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tinygrad_lite.generating.expressions import ATOM, COMPARED, SIGN, Expression

__all__ = ["functions"]

_NAMES = {
    "{0} > {1}": "above",
    "np.exp": "e",
    "exp_minus_abs": "e",
    "np.expm1": "e",
    "np.add.reduce": "total",
    "np.maximum.reduce": "top",
    "minus_side": "s",
}


class _Function:
    """The lines of one function. `named` are the values that have a name when it begins."""

    def __init__(self, named: dict[Expression, str], taken: Iterable[str] = ()) -> None:
        self.named, self.lines = dict(named), list[str]()
        self.taken = {*named.values(), *taken}

    def text(self, x: Expression, level: int = COMPARED) -> str:
        if x in self.named:
            return self.named[x]
        if x.name:
            return x.name
        if x.level == ATOM or (x.level == SIGN and not x.arguments):
            inside = [self.text(a, ATOM if x.code.startswith(("{0}.", "{0}[")) else COMPARED) for a in x.arguments]
        else:
            inside = [
                self.text(a, x.level + (i > 0)) for i, a in enumerate(x.arguments)
            ]  # a + (b - c) is not a + b - c
        text = x.code.format(*inside)
        return text if x.level >= level else f"({text})"

    def assign(self, x: Expression, name: str = "") -> None:
        if x not in self.named and not x.name and x.number is None:
            text = self.text(x)
            name = name or self._free(_NAMES.get(x.code.split("(")[0], "v"))
            self.lines.append(f"    {name} = {text}")
            self.named[x] = name

    def _free(self, name: str) -> str:
        number = 2
        free = name
        while free in self.taken:
            free, number = f"{name}{number}", number + 1
        self.taken.add(free)
        return free


def _uses(results: Iterable[Expression], named: Iterable[Expression] = ()) -> dict[Expression, int]:
    """How often each expression is used on the way to the results, in an order in which they can be computed."""
    counts: Counter[Expression] = Counter(results)
    order: dict[Expression, None] = {}
    stops = set(named)

    def visit(x: Expression) -> None:
        if x in order:
            return
        if x not in stops:
            for a in x.arguments:
                counts[a] += 1
                visit(a)
        order[x] = None

    for x in list(counts):
        visit(x)
    return {x: counts[x] for x in order}


def functions(
    name: str,
    parameters: list[str],
    out: Expression,
    cotangents: dict[str, Expression],
    seconds: dict[tuple[str, str], Expression],
    defaults: dict[str, str],
) -> tuple[str, str]:
    """The source of a program: its value with what it saves, and a VJP for each parameter in `cotangents`.

    Beside it the source of the VJPs of those. What they need besides is saved, too, if it comes in with a call: to keep
    that costs nothing.
    """
    forward = _uses([out])
    backward = _uses(cotangents.values(), [x for x in forward if not x.cheap])
    value = _Function({}, [*parameters, "out", "g", "saved"])
    saved: list[Expression] = [x for x in forward if x in backward and _is_saved(x, out)]
    for x, count in forward.items():
        if (count > 1 or x in saved) and x.arguments and x is not out:
            value.assign(x)
    value.assign(out, "out")
    keep = {x: value.text(x) for x in saved}
    used = _uses([*cotangents.values(), *seconds.values()], keep)
    inputs = list(dict.fromkeys(x.name for x in used if x.name and x.name not in ("g", "h")))
    extra = [p for p in parameters if any(f"={p}" in x.code for x in used if x not in keep) and p not in inputs]
    kept = [*inputs, *extra, *keep.values()]
    head = ", ".join(f"{p}={defaults[p]}" if p in defaults else p for p in parameters)
    values = (
        f"def {name}({head}):",
        *value.lines,
        f"    return {value.text(out)}, ({', '.join(kept)}{',' if len(kept) == 1 else ''})",
    )
    first = [_pull(f"{name}_by_{by}", ["g", *kept], c, keep) for by, c in cotangents.items()]
    second = [_pull(f"{name}_by_{n}_by_{by}", ["h", "g", *kept], c, keep) for (n, by), c in seconds.items()]
    return "\n\n\n".join(["\n".join(values), *first]), "\n\n\n".join(second)


def _pull(name: str, parameters: list[str], cotangent: Expression, keep: dict[Expression, str]) -> str:
    """The source of one VJP."""
    pull = _Function(keep, parameters)
    for x, count in _uses([cotangent], keep).items():
        if count > 1 and x.arguments and x not in keep:
            pull.assign(x)
    shown = pull.text(cotangent)
    return "\n".join([f"def {name}({', '.join(parameters)}):", *pull.lines, f"    return {shown}"])


def _is_saved(x: Expression, out: Expression) -> bool:
    return bool(x.arguments) and (not x.cheap or x is out or x == out)
