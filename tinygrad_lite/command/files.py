"""What a name stands for in a Python file: FILE.py:NAME, with values for the parameters of a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_lite.core.walks import graph
from tinygrad_lite.errors import TinygradLiteError
from tinygrad_lite.exercises.making.tracing import traced
from tinygrad_lite.sources import beside, namespace
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.trees import flatten

__all__ = ["arguments_of", "found_in", "tensor_in"]


def found_in(
    source: str, command: str, kind: type | tuple[type, ...], what: str, error: type[TinygradLiteError],
    use: Callable[[Any, Mapping[str, Any]], Any],
) -> Any:  # fmt: skip
    """What `use` makes of the value NAME of a Python file FILE.py:NAME, and of all that the file defines.

    command, kind, what: for messages, who asks, and what it looks for, in a word.
    Raises `error` where the file or the name is not there, or the file itself fails.
    """
    file, colon, name = source.rpartition(":")
    path = Path(file)
    if not colon or not name.isidentifier():
        raise error(
            f"{command} takes FILE.py:NAME; got {source!r}. Name a {what} in the file after a colon, or write -e before a formula."
        )
    found = namespace(path, error)
    if name not in found:
        known = ", ".join(n for n, v in found.items() if isinstance(v, kind)) or "none"
        raise error(f"{file} has no {name!r}; its {what}s are: {known}.")
    refused: list[TinygradLiteError] = []
    with beside(path, error):
        try:
            return use(found[name], found)
        except error as own:  # said by `use` itself, and not by the file
            refused.append(own)
    raise refused[0]


def arguments_of(
    function: Callable[..., Any], source: str, space: Mapping[str, Any], values: Mapping[str, Any], error: type[TinygradLiteError],
) -> dict[str, Any]:  # fmt: skip
    """A value for each parameter: the one that is given, else the file's variable of its name, else its default."""
    parameters = inspect.signature(function).parameters
    unknown = [name for name in values if name not in parameters]
    if unknown:
        raise error(f"{source} has no parameter {', '.join(unknown)}; it has {', '.join(parameters) or 'none'}.")
    known = {name: p.default for name, p in parameters.items() if p.default is not p.empty}
    known.update({name: _array(space[name]) for name in parameters if name in space} | dict(values))
    missing = [
        name for name, p in parameters.items() if name not in known and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    if missing:
        raise error(
            f"{source} has no value for {', '.join(missing)}. Add {' '.join(f'--let {n}=1' for n in missing)}, "
            f"or a line such as {missing[0]} = np.ones(3) to the file: its shape is what counts."
        )
    return {name: known[name] for name in parameters if name in known}


def _array(value: Any) -> Any:
    """Lists of numbers as an array, as `--let` reads them; anything else as it is, lists of arrays among it."""
    numbers = isinstance(value, list) and all(isinstance(x, int | float) for x in flatten(value)[0])
    return np.asarray(value) if numbers else value


def tensor_in(
    source: str, command: str, error: type[TinygradLiteError], learning: Mapping[str, Any], constants: Mapping[str, Any],
    wrt: Collection[str] = (),
) -> Tensor:  # fmt: skip
    """The Tensor NAME of a file FILE.py:NAME, or what the function NAME gives, under the names of the file's variables.

    learning, constants: values of the function's parameters, as `arguments_of` takes them. A gradient arrives at the
    learning ones, and at those in `wrt`. Raises `error` where the file, the name or the Tensor is not there.
    """
    file, _, name = source.rpartition(":")

    def use(value: Any, space: Mapping[str, Any]) -> Tensor:
        if isinstance(value, Tensor):
            if learning or constants:
                raise error(
                    f"{source} has its values. --let and --const are for -e EXPR and for a function's parameters."
                )
            result: Any = value
        elif callable(value) and not isinstance(value, type):
            arguments = arguments_of(value, source, space, {**learning, **constants}, error)
            learns = {*learning, *wrt}
            result, _ = traced(value, {n: _named(n, x, n in learns, n in constants) for n, x in arguments.items()})
        else:
            result = value
        if not isinstance(result, Tensor):
            kind = type(result).__name__
            raise error(f"{name} in {file} is {kind}, not a Tensor. Name a Tensor, or a function that gives one.")
        _name_all(space, result, name if result is value or result.size != 1 else "C")
        return result

    found: Tensor = found_in(source, command, Tensor, "Tensor", error, use)
    return found


def _named(name: str, value: Any, learns: bool, constant: bool) -> Any:
    """Numbers as a Tensor of this name. Whole ones that do not learn stay as they are: they may be classes or sizes."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.ndarray | np.generic):
        return value
    array = np.asarray(value)
    if learns:
        return Tensor(array.astype(float), requires_grad=True, name=name)
    return Tensor(array, name=name) if array.dtype.kind == "f" or constant else value


def _name_all(space: Mapping[str, Any], result: Tensor, name: str) -> None:
    """Give Tensors without a name that of the variable that holds them; `name` is that of the result."""
    taken = {node.name for node in graph(result)}
    if result.name is None and result.primitive is not None and name not in taken:
        result.name = name
    for variable, value in space.items():
        if isinstance(value, Tensor) and value.name is None and variable not in taken | {result.name}:
            value.name = variable
