"""A call of a variant as a function that is written once: a small program is over before Python has called ten others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.compiling.effects import Effects
from tinygrad_lite.compiling.results import Results
from tinygrad_lite.programs.entrance import Entrance
from tinygrad_lite.programs.fast.source import Source
from tinygrad_lite.programs.places import Place, Places
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["OTHER", "Calls"]


class _Other:
    """Says that arguments are not of the signature of a variant, or its surroundings not as they were."""


OTHER = _Other()


class Calls:
    """The two functions of a variant.

    run: (inputs among the arguments, all arguments, keywords) -> results; the arguments must be of the signature.
    enter: (positional arguments) -> results, or OTHER.
    """

    def __init__(self, source: Source, results: Results, effects: Effects | None, reached: Sequence[Place]) -> None:
        """source: what `results` was written with. reached: where the inputs that are no arguments are read."""
        source.reserve("run", "enter", "assign", "call", "recorded", "recording", "id", "len", "list", "type")
        self.source, self.results, self.effects = source, results, effects
        self.reached = reached
        self.arrays: list[int] = []  # the numbers of the inputs that are arrays

    def written(
        self, inputs: Sequence[Any], args: Sequence[Any] | None, floats: bool, places: Places, space: Mapping[str, Any]
    ) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """Write run and enter. inputs: those among the arguments. args: positional arguments of the signature, or None
        where it has keywords, too. space: eagerly and call, or, where results need a gradient, recording.
        """
        source = self.source
        source.space.update(space, OTHER=OTHER, hold=places.hold)
        values = [
            *(x._array if isinstance(x, Tensor) else x for x in inputs),
            *(place.read() for place in self.reached),
        ]
        self.arrays = [i for i, x in enumerate(values) if isinstance(x, np.ndarray)]
        arrays = ["._array" if isinstance(x, Tensor) else "" for x in inputs]
        lines = self._lines([f"given[{i}]{array}" for i, array in enumerate(arrays)])
        source.lines += ["def run(given, args, kwargs):", *(f"    {line}" for line in lines)]
        source.lines.append("def enter(args):")
        if args is not None:
            entrance = Entrance(source, args, floats)
            asked = [*entrance.asked, *([] if places.empty() else ["hold()"])]
            source.lines += [f"    if len(args) != {len(args)}:", "        return OTHER"]
            source.lines += [f"    ({name},) = args" for name in [", ".join(entrance.names)] if name]
            source.lines += [f"    if not ({' and '.join(asked) or 'True'}):", "        return OTHER"]
            source.lines.append(f"    given = ({''.join(f'{text}, ' for text in entrance.given)})")
            if self.effects or self.results.needing:
                source.lines.append("    return run(given, args, {})")
            else:  # the lines themselves: to call them costs as much as two lines of a small program
                lines = self._lines([f"{text}{array}" for text, array in zip(entrance.given, arrays, strict=True)])
                source.lines += ["    kwargs = {}", *(f"    {line}" for line in lines)]
        else:
            source.lines.append("    return OTHER")
        source.compiled("run")
        return source.space["run"], source.space["enter"]

    def _lines(self, texts: list[str]) -> list[str]:
        """Lines that run the program, make its changes and return the results. texts: what the inputs are read by."""
        texts = [*texts, *(place.text(self.source) for place in self.reached)]
        read = ", ".join(texts)
        effects, needing, lines = self.effects, self.results.needing, []
        if self.reached or effects or needing:
            read, lines = "*inputs", [f"inputs = ({''.join(f'{text}, ' for text in texts)})"]
        if self.reached:  # a gradient may have gone
            lines = ["try:", f"    {lines[0]}", "except (LookupError, AttributeError, ValueError) as error:"]
            lines.append("    return eagerly(args, kwargs, error)")
        if needing:
            lines += ["recorded = recording(given, inputs)", "call = recorded.call"]
        if effects:
            lines += effects.written(self.source, self.arrays)
        else:
            lines += ["try:", f"    outputs = call({read})"]
            lines += ["except Doubt as doubt:", "    return eagerly(args, kwargs, doubt)"]
        if needing:
            lines.append("node = recorded.done(outputs)")
        return [*lines, f"return {self.results.text}"]
