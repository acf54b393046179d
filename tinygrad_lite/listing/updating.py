"""Changes in place, in an order in which each may read what another has changed: `w -= lr * velocity`."""

from __future__ import annotations

import ast
from collections.abc import Container, Sequence

from tinygrad_lite.listing.expressions import name, plain, replaced, uses
from tinygrad_lite.listing.sheet import Variable

__all__ = ["in_order"]

Updates = list[tuple[Variable, ast.expr]]


def in_order(
    code: dict[str, ast.expr], updates: Updates, results: Sequence[ast.expr], elsewhere: Container[str] = ()
) -> tuple[Updates, list[ast.expr]]:
    """Updates without lines for their new values, and the results: what uses a new value reads the changed array.

    code: of the lines; those that become updates are taken out. elsewhere: what is used beside the lines. Where an update needs what another array was before,
    all stays as it is.
    """
    used = {key for line in code.values() for key in uses(line)}
    names = [(v, plain(c)) for v, c in updates]
    new = {
        c.id: v
        for v, c in names
        if isinstance(c, ast.Name) and c.id in code and c.id not in used and c.id not in elsewhere
    }
    lines = {v.key: key for key, v in new.items()}
    found = [(v, code[lines[v.key]] if v.key in lines else c) for v, c in updates]
    if any(v is not other and v.key in uses(c) for v, _ in updates for other, c in found):
        return updates, list(results)
    for key in new:
        del code[key]
    by = {key: name(v.key) for key, v in new.items()}
    changed = {v.key: (v, replaced(c, by)) for v, c in found}
    order: Updates = []
    read = {key for own, (_, c) in changed.items() for key in uses(c) if key != own}
    for key in sorted(changed, key=lambda key: key in read):
        _append(key, changed, order)
    return order, [replaced(c, by) for c in results]


def _append(key: str, changed: dict[str, tuple[Variable, ast.expr]], order: Updates) -> None:
    """Append an update after those that it reads the new values of; an array that others wait for comes with them."""
    v, c = changed[key]
    if any(v is u for u, _ in order):
        return
    for other in dict.fromkeys(uses(c)):
        if other in changed and other != key:
            _append(other, changed, order)
    order.append((v, c))
