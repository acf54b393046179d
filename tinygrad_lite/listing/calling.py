"""How a function is called: what its parameters are, what they take, and what the source fixes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tinygrad_lite.trees import flatten

__all__ = ["Calling", "calling"]

_FIXED = (bool, int, str, type(None))


@dataclass(frozen=True)
class Calling:
    """One call of a function.

    args, kwargs: with the numbers that parameters take by default. fixed: the values of parameters, or of parts of them, that
    do not come in with each call, so that the source holds for them only. defaults: the numbers that parameters take by default.
    by_name: the parameters that have to be passed by name.
    """

    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    fixed: Mapping[str, Any]
    defaults: Mapping[str, float]
    by_name: frozenset[str]


def calling(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], floats: bool
) -> Calling:  # fmt: skip
    """The call of a function with these arguments; without a signature, the arguments as they are.

    floats: whether Python floats come in with each call.
    """
    try:
        signature = inspect.signature(function)
        bound = signature.bind(*args, **kwargs)
    except (TypeError, ValueError):
        return Calling(args, kwargs, {}, {}, frozenset())
    known = signature.parameters
    fixed = _FIXED if floats else (*_FIXED, float)
    defaults = {k: q.default for k, q in known.items() if type(q.default) is float}
    bound.apply_defaults()
    order = list(known)
    named = {**kwargs, **{k: x for k, x in defaults.items() if k not in kwargs and order.index(k) >= len(args)}}
    return Calling(
        args,
        {k: named[k] for k in sorted(named, key=lambda k: order.index(k) if k in order else len(order))},
        dict(part for k, x in bound.arguments.items() for part in _parts(k, x, fixed)),
        defaults,
        frozenset(k for k, q in known.items() if q.kind is q.KEYWORD_ONLY),
    )


def _parts(text: str, value: Any, kinds: tuple[type, ...]) -> Iterator[tuple[str, Any]]:
    """The values of these kinds in an argument, each with the code that takes it out; those of a whole list in one."""
    leaves = flatten(value)[0]
    if leaves and all(type(x) in kinds for x in leaves):
        yield text, value
    elif isinstance(value, dict | list | tuple):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _parts(f"{text}[{key!r}]", part, kinds)
