"""What all models share: parameters by name, a summary, and weights on disk."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from reprlib import recursive_repr
from typing import Any

import numpy as np

from tinygrad_lite import weights
from tinygrad_lite.core.scopes import no_grad
from tinygrad_lite.errors import DTypeError, StateError
from tinygrad_lite.spellings import MODEL, elsewhere
from tinygrad_lite.summary import Row, Summary
from tinygrad_lite.tensor.keywords import answering, refused
from tinygrad_lite.tensor.operands import plain_array
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Module"]


class Module:
    """What has parameters: attributes that are Tensors or modules, or lists and dicts of them, however nested.

    See also: tg.nn.Sequential, tg.optim.SGD.

    >>> import tinygrad_lite as tg
    >>> sorted(tg.nn.Linear(2, 3, rng=0).state_dict())
    ['bias', 'weight']
    """

    def __call__(self, x: Any) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__} is a Module without a __call__(x): define what it computes. "
            "What PyTorch calls forward(x) is __call__(x) here."
        )

    def __setattr__(self, name: str, value: Any) -> None:
        before = vars(self).get(name)
        if isinstance(before, Tensor) and before.requires_grad and value is not None and not isinstance(value, Tensor):
            raise DTypeError(
                f"{name} is a parameter of {type(self).__name__}, and {type(value).__name__} in its place would not learn. Write "
                f".{name}.data = … to change its values, or .{name} = tg.Tensor(…, requires_grad=True) for another one."
            )
        super().__setattr__(name, value)

    @recursive_repr()
    def __repr__(self) -> str:
        """The kind, and what has parameters in it: layers, and shapes of Tensors."""
        shown = [
            f"{path}: {part.shape if isinstance(part, Tensor) else repr(part)}"
            for path, part in self._parts()
            if isinstance(part, Tensor | Module)
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    def _parts(self) -> Iterator[tuple[str, Any]]:
        """What the attributes hold, by name; of lists, tuples and dicts, what is in them."""
        for name, value in vars(self).items():
            yield from _within("" if name == "layers" and isinstance(value, list | tuple) else name, value)

    def _runs_in_order(self) -> bool:
        """Whether it gives what its `layers` give, one after the other."""
        return False

    def _tensors(self) -> Iterator[tuple[str, Tensor]]:
        """What the attributes hold, by dotted names: what requires a gradient, and leaves that do not (now)."""
        for path, part in self._parts():
            if isinstance(part, Tensor) and (part.requires_grad or part.made_by is None):
                yield path, part
            elif isinstance(part, Module):
                yield from ((f"{path}.{below}", t) for below, t in part._tensors())

    def _named(self) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {}
        seen: set[Tensor] = set()  # a layer that is used twice has its parameters once, under the first name
        for name, t in self._tensors():
            if name in found and t not in seen:
                raise StateError(
                    f"{type(self).__name__} has two Tensors with the name {name!r}. Rename a key of a dict."
                )
            if t not in seen:
                seen.add(t)
                found[name] = t
        return found

    def _state(self) -> dict[str, Tensor]:
        """The leaves by name: what was computed is no state, as activations that a model keeps to be looked at."""
        return {name: t for name, t in self._named().items() if t.made_by is None}

    def named_parameters(self) -> dict[str, Tensor]:
        """Parameters by their dotted names, in the order of the attributes: the Tensors that require a gradient.

        A computed one is among them, so that an optimiser refuses it: tg.Tensor(…, requires_grad=True) * 0.01 is no leaf,
        and would not learn.
        """
        return {name: t for name, t in self._named().items() if t.requires_grad}

    def parameters(self) -> list[Tensor]:
        """The parameters, as optimisers take them."""
        return list(self.named_parameters().values())

    @answering("model.summary")
    def summary(self, x: Any = None) -> Summary:
        """The layers as a table, to print: names, kinds, shapes and numbers of parameters, and of what is frozen.

        x: an example of the inputs; with it, the table has the shape of what the model and each layer of a Sequential give.

        >>> import tinygrad_lite as tg
        >>> print(tg.nn.MLP([4, 3, 2], rng=0).summary(np.zeros((5, 4))))
        layer  kind     output  parameters                number
               MLP      (5, 2)
        0      Linear   (5, 3)  weight (4, 3), bias (3,)      15
        1      sigmoid  (5, 3)
        2      Linear   (5, 2)  weight (3, 2), bias (2,)       8
        23 parameters
        """
        with no_grad():
            return Summary(_rows("", self, x, {})[0])

    def zero_grad(self, set_to_none: None = None) -> None:
        """Forget all gradients. set_to_none of PyTorch is refused: it is always so."""
        if set_to_none is not None:
            raise refused("model.zero_grad", ["set_to_none"])
        for t in self.parameters():
            t.zero_grad()

    def state_dict(self) -> dict[str, np.ndarray[Any, Any]]:
        """Copies of the values by name: of the parameters, and of Tensors that do not learn.

        These are a frozen layer's, and constants that are attributes, as PyTorch's buffers are: load() brings back all
        that the model computes with. What should stay out is a NumPy array, or a Tensor that was computed.
        """
        return {name: t.numpy() for name, t in self._state().items()}

    @answering("model.load_state_dict")
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take the values of a state_dict; all of them or none.

        Raises StateError that lists missing and unknown keys, wrong shapes and unusable values.
        """
        own = self._state()
        arrays, wrong = {}, []
        for key in own.keys() & state.keys():
            try:
                arrays[key] = plain_array(state[key], key)
            except DTypeError as error:
                wrong.append(f"{key} holds no numbers ({error})")
        self._check({k: arrays[k].shape if k in arrays else own[k].shape if k in own else () for k in state}, wrong)
        try:
            _assign(own, arrays)
        except BaseException:  # Ctrl-C: what was begun is finished
            _assign(own, arrays)
            raise

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the weights as .npz: to a temporary file first, then renamed, so that a crash loses nothing.

        Raises StateError for what is no regular file, and where the directory cannot be written to.
        """
        weights.write(path, self.state_dict())

    def load(self, path: str | os.PathLike[str]) -> None:
        """Read weights that save() wrote; all of them or none.

        Raises StateError for a file that is missing, damaged, of another kind, or of another model; shapes are
        compared before anything is unpacked.
        """
        self.load_state_dict(weights.read(path, self._check))

    def _check(self, shapes: dict[str, tuple[int, ...]], wrong: Iterable[str] = ()) -> None:
        """Raise StateError where names and shapes are not those of the parameters, or something else is wrong."""
        own = self._state()
        found = [f"missing {k} {own[k].shape}" for k in own if k not in shapes]
        found += [f"unknown {k}" for k in shapes if k not in own]
        found += [*wrong]
        found += [
            f"{k} has shape {shapes[k]}, the model {t.shape}"
            + (" (PyTorch's Linear holds the transpose: pass .T)" if shapes[k] == t.shape[::-1] else "")
            for k, t in own.items()
            if shapes.get(k, t.shape) != t.shape
        ]
        if found:
            more = f"; and {len(found) - 20} more" if len(found) > 20 else ""
            raise StateError(
                f"these weights do not fit {type(self).__name__}: {'; '.join(found[:20])}{more}. "
                "Build the model with the same sizes."
            )

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name not in MODEL or hasattr(self, name)]


elsewhere(Module, "a Module", MODEL)


def _within(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What is in lists, tuples and dicts, by its path; anything else is itself."""
    if not isinstance(value, list | tuple | dict):
        yield path, value
        return
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        yield from _within(f"{path}.{key}".lstrip("."), part)


def _rows(name: str, layer: Any, x: Any, seen: dict[Any, str]) -> tuple[list[Row], Any]:
    """A layer and those in it, and what it gives for x. seen: the names of the layers and Tensors that came before."""
    if not isinstance(layer, Module):
        y = None if x is None else layer(x)
        return [Row(name, getattr(layer, "__name__", type(layer).__name__), {}, _shape(y))], y
    same = seen.get(layer, "")
    in_order = not same and layer._runs_in_order()
    y = x if x is None or in_order else layer(x)
    shapes: dict[str, tuple[int, ...]] = {}
    frozen: dict[str, tuple[int, ...]] = {}
    for path, part in layer._parts():
        if isinstance(part, Tensor) and part.made_by is None and part not in seen:
            seen[part] = name
            (shapes if part.requires_grad else frozen)[path] = part.shape
    seen.setdefault(layer, name)
    rows: list[Row] = []
    for path, part in layer._parts():
        next_one = in_order and path.isdecimal()  # it stands in `layers`
        if not same and (next_one or isinstance(part, Module)):
            below, given = _rows(f"{name}.{path}".lstrip("."), part, y if next_one else None, seen)
            rows, y = rows + below, given if next_one else y
    return [Row(name, type(layer).__name__, shapes, _shape(y), same, frozen), *rows], y


def _shape(y: Any) -> tuple[int, ...] | None:
    return None if y is None else np.shape(y)


def _assign(parameters: dict[str, Tensor], arrays: dict[str, Any]) -> None:
    for name, array in arrays.items():
        parameters[name].data = array
