"""When a composite of the user's runs as a program: from about the hundredth call of a signature on.

To make a program takes as long as some hundred steps with the body. So calls are counted, and a program is made when as
many have come: then it is to be expected that as many will follow, and at worst the time is doubled.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

from tinygrad_lite.core.scopes import TRACE
from tinygrad_lite.errors import CompileError
from tinygrad_lite.programs.signature import Signature, signature

__all__ = ["JustInTime"]

# Tests set the variable, to see that everything holds where each call that can be traced runs as a program.
_AT_ONCE = os.environ.get("TINYGRAD_LITE_COMPOSITES") == "programs"
# Of so many calls that no program takes one is looked at: that costs as much as a small body.
_EVERY = 1 if _AT_ONCE else 32
_LOOKS = 1 if _AT_ONCE else 3  # a program is made for a signature that was seen so often
_FEWEST = 1 if _AT_ONCE else 3  # lines of a program: to run one takes as long as two nodes do
_MOST = 8  # programs of one composite; each keeps its buffers
_MOST_SEEN = 64  # signatures that are counted
_MOST_DOUBTS = 8  # so often a program may give up, which costs both, before the body runs for good


class JustInTime:
    """The programs of one composite, made for the signatures of its calls.

    refused: why the body runs, by the signatures for which no program is tried any more.
    """

    __slots__ = ("_calls", "_function", "_lock", "_looks", "_repair", "refused", "variants")

    def __init__(self, function: Callable[..., Any], repair: str) -> None:
        self._function, self._repair = function, repair
        # Each with its signature. It is replaced as a whole, because threads read it.
        self.variants: tuple[Any, ...] = ()
        self.refused: OrderedDict[Any, str] = OrderedDict()
        self._looks: OrderedDict[Any, int] = OrderedDict()
        self._calls = 0
        self._lock = Lock()

    def result(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result of a call by a program; None where the body must run."""
        for key, variant in self.variants:
            given = variant.enter(args, kwargs) if TRACE.get() is None else None
            if given is not None:
                result = variant.call(given, args, kwargs)
                if result is None and variant.doubts >= _MOST_DOUBTS:
                    self._give_up(key, "has given nan, inf or an error too often")
                return result
        self._calls += 1
        return None if self._calls % _EVERY else self._look(args, kwargs)

    def _look(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Count a signature, and make its program when it has been seen often enough."""
        if TRACE.get() is not None:
            return None
        try:
            given = signature((), args, kwargs, 0, "", True)
            seen = self._looks.get(given.key, 0) + 1
        except (CompileError, TypeError):
            return None  # an argument cannot be compared
        if given.foreign or given.key in self.refused:
            return None
        self._keep(self._looks, given.key, seen)
        if seen < _LOOKS:
            return None
        self._keep(self._looks, given.key, 0)
        return self._make(given, args, kwargs)

    def _make(self, given: Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Make the program of a signature, and run it."""
        from tinygrad_lite.programs import variants  # most programs of the user's never need what makes one

        try:
            variant = variants.made(self._function, self._repair, args, kwargs, given, _FEWEST)
        except variants.NotNow:
            return None
        except Exception as error:
            self._give_up(given.key, str(error))
            return None
        with self._lock:
            self.variants = ((given.key, variant), *self.variants[: _MOST - 1])
        found = variant.enter(args, kwargs)
        return None if found is None else variant.call(found, args, kwargs)

    def _give_up(self, key: Any, why: str) -> None:
        with self._lock:
            self.variants = tuple(pair for pair in self.variants if pair[0] != key)
        self._keep(self.refused, key, why)

    def _keep(self, known: OrderedDict[Any, Any], key: Any, value: Any) -> None:
        with self._lock:
            known[key] = value
            known.move_to_end(key)
            while len(known) > _MOST_SEEN:
                known.popitem(last=False)
