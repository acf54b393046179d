"""The layers, and the networks that are made of them."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, SupportsIndex, overload

import numpy as np

from tinygrad_lite import functions
from tinygrad_lite.core import primitives as p
from tinygrad_lite.errors import DomainError, DTypeError, IndexingError, ShapeError
from tinygrad_lite.nn.module import Module
from tinygrad_lite.programs.composite import composite
from tinygrad_lite.programs.folded import Fits
from tinygrad_lite.tensor.keywords import answering
from tinygrad_lite.tensor.tensor import Operand, Tensor

__all__ = ["ACTIVATIONS", "MLP", "Linear", "Sequential", "l2", "linear"]

Activation = Callable[[Any], Any]

ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": functions.sigmoid, "tanh": functions.tanh, "relu": functions.relu,
    "leaky_relu": functions.leaky_relu, "softplus": functions.softplus, "softmax": functions.softmax,
    "log_softmax": functions.log_softmax, "linear": lambda z: z,
}  # fmt: skip
"""The activations that MLP knows by their names."""


def activation(which: str | Activation) -> Activation:
    """An activation by its name, or the function itself.

    Raises DomainError for a name that is not in ACTIVATIONS.

    >>> activation("relu").__name__
    'relu'
    """
    if callable(which):
        return which
    if which not in ACTIVATIONS:
        raise DomainError(f"unknown activation {which!r}; known are {', '.join(ACTIVATIONS)}, or pass a function.")
    return ACTIVATIONS[which]


def _with_bias(x: Any, weight: Any, bias: Any = None) -> tuple[Any, ...] | None:
    """The shapes of a program of a layer: rows of inputs, and all of one dtype."""
    return None if bias is None or bias.ndim != 1 or bias.dtype is not x.dtype else _without_bias(x, weight)


def _without_bias(x: Any, weight: Any, bias: None = None) -> tuple[Any, ...] | None:
    alike = x.ndim == weight.ndim == 2 and x.dtype is weight.dtype and x.dtype.kind == "f"
    return () if alike and bias is None else None


@composite(programs={"linear": Fits(_with_bias), "linear_without_bias": Fits(_without_bias)})
def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """x @ weight + bias, grouped so that a picture can show a layer as one box.

    >>> linear(np.ones((1, 2)), np.ones((2, 3)), np.zeros(3))
    array([[2., 2., 2.]])
    """
    z = p.matmul(x, weight)
    return z if bias is None else z + bias


class Linear(Module):
    """A layer of z_j = Σ_k x_k w_kj + b_j (lecture, eq. 10): z = x @ weight + bias for rows x of shape (m, n_in).

    With δ_j = ∂C/∂z_j for each row of x, ∂C/∂w_kj = Σ x_k δ_j over the rows (lecture, eq. 18).

    weight: (n_in, n_out); bias: (n_out,). init: "default" draws weights from N(0, 1/n_in), "large" from N(0, 1)
    (Nielsen, chapter 3), biases always from N(0, 1). rng: a seed or a NumPy generator.
    Raises DomainError for an unknown init or sizes below 1, ShapeError for x of another width.

    See also: tg.nn.MLP, tg.nn.Sequential.

    >>> import numpy as np, tinygrad_lite as tg
    >>> tg.nn.Linear(3, 2, rng=0)(np.zeros((5, 3))).shape
    (5, 2)
    """

    @answering("tg.nn.Linear")
    def __init__(
        self,
        n_in: int,
        n_out: int,
        *,
        init: str = "default",
        bias: bool = True,
        rng: Any = None,
        dtype: Any = np.float64,
    ) -> None:
        if not all(isinstance(n, int | np.integer) and n > 0 for n in (n_in, n_out)):
            raise DomainError(f"layer sizes are positive integers; got {n_in!r} and {n_out!r}.")
        if init not in ("default", "large"):
            raise DomainError(f'init is "default" or "large"; got {init!r}.')
        if np.dtype(dtype).kind != "f":
            raise DTypeError(f"weights are floating-point; got dtype {np.dtype(dtype)}.")
        draw = np.random.default_rng(rng) if not hasattr(rng, "standard_normal") else rng
        b = draw.standard_normal(n_out)
        w = draw.standard_normal((n_in, n_out)) / (np.sqrt(n_in) if init == "default" else 1.0)
        self.weight = Tensor(w, requires_grad=True, dtype=dtype, name="w")
        self.bias = Tensor(b, requires_grad=True, dtype=dtype, name="b") if bias else None

    def __call__(self, x: Operand) -> Tensor:
        n_in = self.weight.shape[0]
        shape = x.shape if hasattr(x, "shape") else np.shape(x)
        if not shape or shape[-1] != n_in:
            raise ShapeError(f"this layer takes rows of {n_in} inputs; got shape {shape}.")
        return linear(x, self.weight, self.bias)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"Linear({', '.join(map(str, self.weight.shape))}{'' if self.bias is not None else ', bias=False'})"


class Sequential(Module):
    """Layers and functions, one after the other; a list of them, with an index, a length and a loop.

    x: what the first layer takes, rows as examples. model[:2] is a Sequential of the same layers, not of copies.
    Raises DTypeError for what cannot be called, IndexingError for an index that there is not.

    See also: tg.nn.MLP, tg.nn.Linear.

    >>> import numpy as np, tinygrad_lite as tg
    >>> model = tg.nn.Sequential(tg.nn.Linear(3, 2, rng=0), tg.sigmoid)
    >>> model(np.zeros((5, 3))).shape
    (5, 2)
    >>> model[0], len(model)
    (Linear(3, 2), 2)
    """

    @answering("tg.nn.Sequential")
    def __init__(self, *layers: Callable[[Any], Any]) -> None:
        self.layers = [_callable(layer) for layer in layers]

    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    @overload
    def __getitem__(self, index: SupportsIndex) -> Any: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        return Sequential(*self.layers[index]) if isinstance(index, slice) else self.layers[self._place(index)]

    def __setitem__(self, index: SupportsIndex, layer: Callable[[Any], Any]) -> None:
        self.layers[self._place(index)] = _callable(layer)

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Callable[[Any], Any]]:
        return iter(self.layers)

    def _place(self, index: SupportsIndex) -> int:
        place, count = operator.index(index), len(self.layers)
        if not -count <= place < count:
            raise IndexingError(f"{self!r} has {count} layers and functions, from [0] on; got [{place}].")
        return place

    # Functions alone make arrays of arrays, but a layer with parameters makes Tensors, which is what its type says.
    def __call__(self, x: Operand) -> Tensor:
        result: Any = x
        for layer in self.layers:
            result = layer(result)
        return result  # type: ignore[no-any-return]

    def _runs_in_order(self) -> bool:
        return type(self).__call__ is Sequential.__call__

    def __repr__(self) -> str:
        return f"Sequential({', '.join(getattr(f, '__name__', repr(f)) for f in self.layers)})"


def _callable(layer: Any) -> Callable[[Any], Any]:
    if not callable(layer):
        raise DTypeError(
            f"Sequential takes layers and functions; got {type(layer).__name__}. Write Sequential(a, b), not a list."
        )
    return layer  # type: ignore[no-any-return]


class MLP(Sequential):
    """A network of Linear layers with an activation between them: MLP([784, 30, 10]).

    sizes: inputs, hidden layers, outputs. activation: after each hidden layer, a name or a function.
    output: after the last one; None leaves its logits z, for the costs `…_with_logits`. init, rng, dtype: as Linear.

    Raises DomainError for fewer than two sizes and for an activation that is not known.

    See also: tg.nn.Linear, tg.nn.Sequential, tg.nn.ACTIVATIONS, tg.optim.SGD.

    >>> import numpy as np, tinygrad_lite as tg
    >>> tg.nn.MLP([4, 3, 2], activation="tanh", output="softmax", rng=0)(np.zeros((1, 4))).shape
    (1, 2)
    """

    @answering("tg.nn.MLP")
    def __init__(
        self, sizes: Sequence[int], activation: str | Activation = "sigmoid", output: str | Activation | None = None,
        *, init: str = "default", rng: Any = None, dtype: Any = np.float64,
    ) -> None:  # fmt: skip
        if isinstance(sizes, int):
            raise DTypeError(f"the sizes of a network are one list, as in MLP([784, 30, 10]); got {sizes}.")
        if len(sizes) < 2:
            raise DomainError(f"a network needs the sizes of its inputs and its outputs; got {list(sizes)}.")
        draw = np.random.default_rng(rng) if not hasattr(rng, "standard_normal") else rng
        between, last = _activation(activation), None if output is None else _activation(output)
        layers: list[Callable[[Any], Any]] = []
        for n_in, n_out in itertools.pairwise(sizes):
            layers += [Linear(n_in, n_out, init=init, rng=draw, dtype=dtype), between]
        super().__init__(*layers[:-1], *([] if last is None else [last]))


_activation = activation  # MLP's parameter of that name hides it


@answering("tg.nn.l2")
def l2(parameters: Module | Iterable[Tensor], strength: float) -> Tensor:
    """The penalty (strength/2) Σ w² over the weights; biases, which have one axis, are left alone.

    strength: λ, or Nielsen's λ/n for n training examples. Add it to a cost.

    Raises DomainError for a strength below 0, ShapeError where no parameter has two axes.

    See also: tg.quadratic_cost, tg.optim.SGD.

    >>> import tinygrad_lite as tg
    >>> tg.nn.l2([tg.Tensor([[3.0, 4.0]], requires_grad=True)], 0.1).item()
    1.25
    """
    if not strength >= 0:
        raise DomainError(f"an L2 penalty has a strength of 0 or more; got {strength}.")
    if isinstance(parameters, Module):  # without activations that it keeps
        tensors = [t for t in parameters.parameters() if t.made_by is None]
    else:
        tensors = list(parameters)
    weights = [t for t in tensors if t.ndim > 1]
    if not weights:
        raise ShapeError("l2 found no weights: no parameter has two axes.")
    total = sum(((w * w).sum() for w in weights[1:]), start=(weights[0] * weights[0]).sum())
    return total * (0.5 * strength)
