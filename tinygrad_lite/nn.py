"""The few layers that the lecture's networks need, their initialisation, and weights on disk."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_lite import functions, weights
from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.scopes import no_grad
from tinygrad_lite.errors import DomainError, DTypeError, ShapeError, StateError
from tinygrad_lite.programs.composite import composite
from tinygrad_lite.programs.folded import Fits
from tinygrad_lite.spellings import MODEL, elsewhere, not_here
from tinygrad_lite.summary import Row, Summary
from tinygrad_lite.tensor.operands import plain_array
from tinygrad_lite.tensor.tensor import Operand, Tensor

__all__ = ["ACTIVATIONS", "MLP", "Linear", "Module", "Sequential", "l2"]


def __dir__() -> list[str]:
    return sorted(__all__)


if not TYPE_CHECKING:  # for a type checker every name would exist
    __getattr__ = not_here(__name__)

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

    def _parts(self) -> Iterator[tuple[str, Any]]:
        """What the attributes hold, by name; of lists, tuples and dicts, what is in them."""
        for name, value in vars(self).items():
            yield from _within("" if name == "layers" and isinstance(value, list | tuple) else name, value)

    def _tensors(self) -> Iterator[tuple[str, Tensor]]:
        """What the weights are, by dotted names: what learns, and leaves that do not (now)."""
        for path, part in self._parts():
            if isinstance(part, Tensor) and (part.requires_grad or part.primitive is None):
                yield path, part
            elif isinstance(part, Module):
                yield from ((f"{path}.{below}", t) for below, t in part._tensors())

    def _state(self) -> dict[str, Tensor]:
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

    def named_parameters(self) -> dict[str, Tensor]:
        """Parameters by their dotted names, in the order of the attributes: the Tensors that require a gradient."""
        return {name: t for name, t in self._state().items() if t.requires_grad}

    def parameters(self) -> list[Tensor]:
        """The parameters, as optimisers take them."""
        return list(self.named_parameters().values())

    def summary(self, x: Any = None) -> Summary:
        """The layers as a table, to print: names, kinds, shapes and numbers of parameters.

        x: an example of the inputs; with it, the table has the shape of what the model and each layer of a Sequential give.

        >>> print(MLP([4, 3, 2], rng=0).summary(np.zeros((5, 4))))
        layer  kind     output  parameters                number
               MLP      (5, 2)
        0      Linear   (5, 3)  weight (4, 3), bias (3,)      15
        1      sigmoid  (5, 3)
        2      Linear   (5, 2)  weight (3, 2), bias (2,)       8
        23 parameters
        """
        with no_grad():
            return Summary(_rows("", self, x, {})[0])

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for t in self.parameters():
            t.zero_grad()

    def state_dict(self) -> dict[str, np.ndarray[Any, Any]]:
        """Copies of the values by name: of the parameters, and of Tensors that do not learn, such as a frozen layer's."""
        return {name: t.numpy() for name, t in self._state().items()}

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
    in_order = not same and isinstance(layer, Sequential) and type(layer).__call__ is Sequential.__call__
    y = x if x is None or in_order else layer(x)
    shapes: dict[str, tuple[int, ...]] = {}
    for path, part in layer._parts():
        if isinstance(part, Tensor) and part.requires_grad and part not in seen:
            shapes[path], seen[part] = part.shape, name
    seen.setdefault(layer, name)
    rows: list[Row] = []
    for path, part in layer._parts():
        next_one = in_order and path.isdecimal()  # it stands in `layers`
        if not same and (next_one or isinstance(part, Module)):
            below, given = _rows(f"{name}.{path}".lstrip("."), part, y if next_one else None, seen)
            rows, y = rows + below, given if next_one else y
    return [Row(name, type(layer).__name__, shapes, _shape(y), same), *rows], y


def _shape(y: Any) -> tuple[int, ...] | None:
    return None if y is None else np.shape(y)


def _assign(parameters: dict[str, Tensor], arrays: dict[str, Any]) -> None:
    for name, array in arrays.items():
        parameters[name].data = array


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
    """Layers and functions, one after the other.

    x: what the first layer takes, rows as examples. Raises DTypeError for what cannot be called.

    See also: tg.nn.MLP, tg.nn.Linear.

    >>> import numpy as np, tinygrad_lite as tg
    >>> model = tg.nn.Sequential(tg.nn.Linear(3, 2, rng=0), tg.sigmoid)
    >>> model(np.zeros((5, 3))).shape
    (5, 2)
    """

    def __init__(self, *layers: Callable[[Any], Any]) -> None:
        for layer in layers:
            if not callable(layer):
                raise DTypeError(
                    f"Sequential takes layers and functions; got {type(layer).__name__}. Write Sequential(a, b), not a list."
                )
        self.layers = list(layers)

    # Functions alone make arrays of arrays, but a layer with parameters makes Tensors, which is what its type says.
    def __call__(self, x: Operand) -> Tensor:
        result: Any = x
        for layer in self.layers:
            result = layer(result)
        return result  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"Sequential({', '.join(getattr(f, '__name__', repr(f)) for f in self.layers)})"


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
    tensors = parameters.parameters() if isinstance(parameters, Module) else list(parameters)
    weights = [t for t in tensors if t.ndim > 1]
    if not weights:
        raise ShapeError("l2 found no weights: no parameter has two axes.")
    total = sum(((w * w).sum() for w in weights[1:]), start=(weights[0] * weights[0]).sum())
    return total * (0.5 * strength)
