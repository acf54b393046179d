"""Derivatives of functions: grad, value_and_grad, vjp, jvp, jacobian, hessian, hvp, all on top of the sweep.

A function's inputs get fresh identities, so that nested derivatives of one variable do not mix. Arrays in,
arrays out; Tensors in, Tensors out that can be differentiated again.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypeVar, overload

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.scopes import recorded
from tinygrad_lite.errors import DTypeError, GradientError
from tinygrad_lite.programs.rows import jacobian_rows
from tinygrad_lite.tensor.gradients import pull_back, unit_seed
from tinygrad_lite.tensor.keywords import answering
from tinygrad_lite.tensor.operands import Plain, plain_array
from tinygrad_lite.tensor.tensor import Tensor, as_tensor
from tinygrad_lite.trees import Inputs, like

__all__ = ["grad", "hessian", "hvp", "jacobian", "jvp", "stop_gradient", "value_and_grad", "vjp"]

A = TypeVar("A", bound="np.ndarray[Any, Any] | np.floating")
T = TypeVar("T")
Function: TypeAlias = Callable[..., Any]

# --- derivatives of functions, for type checkers --------------------------------------------------------------------
# A derivative by the first argument is of its kind: a Tensor, an array, or nested as it is. Other `argnums` and arrays
# beside Tensors leave it open (Any). What f says of its parameters is not kept, here and by vmap: a function of Tensors or
# of numbers is given arrays as well. One thing cannot be told: where f closes over the inputs of a derivative around
# this one, Tensors come out for arrays.


class Gradient(Protocol):
    """What grad(f) is: it takes what f takes, and gives the gradient by the first argument."""

    @overload
    def __call__(self, x: float, /, *args: Plain, **kwargs: Plain) -> np.float64: ...
    @overload
    def __call__(self, x: Tensor, /, *args: Any, **kwargs: Any) -> Tensor: ...
    @overload
    def __call__(self, x: T, /, *args: Plain, **kwargs: Plain) -> T: ...
    @overload
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...


class ValueAndGradient(Protocol):
    """What value_and_grad(f) is: as Gradient, with f's value before the gradient."""

    @overload
    def __call__(self, x: float, /, *args: Plain, **kwargs: Plain) -> tuple[np.float64, np.float64]: ...
    @overload
    def __call__(self, x: Tensor, /, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]: ...
    @overload
    def __call__(self, x: A, /, *args: Plain, **kwargs: Plain) -> tuple[np.floating, A]: ...
    @overload
    def __call__(self, x: T, /, *args: Plain, **kwargs: Plain) -> tuple[Any, T]: ...
    @overload
    def __call__(self, *args: Any, **kwargs: Any) -> tuple[Any, Any]: ...


class Jacobian(Protocol):
    """What jacobian(f) is: as Gradient, with an array for each array."""

    @overload
    def __call__(self, x: Tensor, /, *args: Any, **kwargs: Any) -> Tensor: ...
    @overload
    def __call__(self, x: np.ndarray[Any, Any], /, *args: Plain, **kwargs: Plain) -> np.ndarray[Any, Any]: ...
    @overload
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...


# --- the transforms ---------------------------------------------------------------------------------------------


@overload
def stop_gradient(x: Tensor) -> Tensor: ...
@overload
def stop_gradient(x: Any) -> Any: ...
def stop_gradient(x: Any) -> Any:
    """The value of x, which no gradient passes; unlike detach() it stays a node of the graph.

    x: of any shape. Raises DTypeError for what holds no real numbers.

    See also: tg.Tensor.detach, tg.no_grad.

    >>> import tinygrad_lite as tg
    >>> float(tg.grad(lambda x: x * tg.stop_gradient(x))(3.0))
    3.0
    """
    return p.stop_gradient(x if isinstance(x, Tensor) else np.asarray(plain_array(x, "stop_gradient"))[()])


def _plain(x: Any, tensors: bool) -> Any:
    """A result as the caller's kind of data: arrays for arrays. It is never a leaf of the caller's itself."""
    if not isinstance(x, Tensor):
        return x
    if tensors:
        return x if x.made_by is not None else p.copy(x)
    # The graph may need its array, and the caller may write into this one.
    return x._array.copy() if isinstance(x._array, np.ndarray) else x._array


def as_result(out: Any, who: str, scalar: bool) -> Tensor:
    if not isinstance(out, Tensor):
        if isinstance(out, int | float | np.ndarray | np.generic):
            out = as_tensor(out)  # a constant function
        else:
            raise GradientError(
                f"{who}: the function must return one Tensor; got {type(out).__name__}. For several use has_aux=True or stack them."
            )
    if scalar and out.size != 1:
        raise GradientError(
            f"{who} needs a function with a scalar result; got shape {out.shape}. Call .sum() in it, or use tg.jacobian."
        )
    if out.dtype.kind != "f":
        raise DTypeError(f"{who}: the function returned dtype {out.dtype}, which has no derivative.")
    return out  # type: ignore[no-any-return]


@overload
def value_and_grad(f: Function, argnums: Literal[0] = 0, *, has_aux: Literal[False] = False) -> ValueAndGradient: ...
@overload
def value_and_grad(
    f: Function, argnums: int | Sequence[int] = 0, *, has_aux: bool = False
) -> Callable[..., tuple[Any, Any]]: ...
@answering("tg.value_and_grad")
def value_and_grad(f: Function, argnums: int | Sequence[int] = 0, *, has_aux: bool = False) -> Any:
    """A function that gives f's value and its gradient by the arguments `argnums`.

    f returns a scalar (with has_aux a pair of a scalar and anything). Arguments may be nested lists, tuples and
    dicts of arrays or Tensors; the gradient is nested in the same way. Arrays in, arrays out; Tensors in, Tensors
    out. What f closes over is constant, but for the inputs of a derivative around it. Raises GradientError where f is
    not scalar, DTypeError for integers.

    See also: tg.grad, tg.Tensor.backward, tg.compile.

    >>> import numpy as np, tinygrad_lite as tg
    >>> value, slope = tg.value_and_grad(lambda w, x: (w * x).sum())(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    >>> print(value, slope)
    11.0 [3. 4.]
    """
    if isinstance(f, Tensor):
        raise GradientError(
            "grad: it takes a function; got a Tensor. Write tg.grad(f)(w) with f = lambda w: …, "
            "or loss.backward() and w.grad, or tg.pull_back([loss], [1.0], [w])."
        )

    @functools.wraps(f)
    def derivative(*args: Any, **kwargs: Any) -> Any:
        inputs = Inputs(args, argnums, "grad")
        result = inputs.call(f, kwargs)
        aux = None
        if has_aux:
            if not isinstance(result, tuple) or len(result) != 2:
                raise GradientError("grad with has_aux=True needs a function that returns a pair (scalar, anything).")
            result, aux = result
        out = as_result(result, "grad", scalar=True)
        seed = unit_seed(out)
        slopes = inputs.shaped(pull_back([out], [seed], inputs.fresh, create_graph=inputs.tensors))
        value = inputs.as_given(_plain(out, inputs.tensors))
        return ((value, aux), slopes) if has_aux else (value, slopes)

    return derivative


@overload
def grad(f: Function, argnums: Literal[0] = 0, *, has_aux: Literal[False] = False) -> Gradient: ...
@overload
def grad(f: Function, argnums: Sequence[int], *, has_aux: Literal[False] = False) -> Callable[..., tuple[Any, ...]]: ...
@overload
def grad(f: Function, argnums: int | Sequence[int] = 0, *, has_aux: bool = False) -> Function: ...
@answering("tg.grad")
def grad(f: Function, argnums: int | Sequence[int] = 0, *, has_aux: bool = False) -> Any:
    """A function that gives the gradient of the scalar function f by its arguments `argnums`.

    Nests to any order. Arguments, results and errors as in value_and_grad.

    See also: tg.value_and_grad, tg.jacobian, tg.hessian, tg.vmap.

    >>> import tinygrad_lite as tg
    >>> float(tg.grad(tg.grad(lambda x: x**3))(2.0))
    12.0
    """
    both = value_and_grad(f, argnums, has_aux=has_aux)

    @functools.wraps(f)
    def derivative(*args: Any, **kwargs: Any) -> Any:
        value, slopes = both(*args, **kwargs)
        return (slopes, value[1]) if has_aux else slopes

    return derivative


@overload
def vjp(
    f: Function, x: Tensor, /, *primals: Any, **kwargs: Any
) -> tuple[Tensor, Callable[[Any], tuple[Tensor, ...]]]: ...
@overload
def vjp(f: Function, *primals: Any, **kwargs: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]: ...
def vjp(f: Function, *primals: Any, **kwargs: Any) -> tuple[Any, Callable[[Any], Any]]:
    """f's value at the primals, and the function that pulls a cotangent of the value back to each of them.

    The pullback takes an array of the value's shape and returns a tuple with one cotangent per primal.

    It is x̄ = Jᵀ ȳ with the Jacobian J = ∂f/∂x and the cotangent ȳ. Raises GradientError where f returns no Tensor, ShapeError
    for a cotangent of another shape.

    See also: tg.jvp, tg.pull_back, tg.jacobian.

    >>> import numpy as np, tinygrad_lite as tg
    >>> value, pullback = tg.vjp(np.exp, np.zeros(2))
    >>> print(value, pullback(np.array([1.0, 2.0]))[0])
    [1. 1.] [1. 2.]
    """
    inputs = Inputs(primals, tuple(range(len(primals))), "vjp")
    out = as_result(inputs.call(f, kwargs), "vjp", scalar=False)

    def pullback(cotangent: Any) -> Any:
        tensors = inputs.tensors or isinstance(cotangent, Tensor)
        seed = like(cotangent, out, "vjp: the cotangent")
        found = pull_back([out], [seed if tensors else seed._array], inputs.fresh, create_graph=tensors)
        return inputs.shaped(found)

    return _plain(out, True) if inputs.tensors else out.numpy()[()], pullback


@overload
def jvp(f: Function, primals: Tensor, tangents: Any, **kwargs: Any) -> tuple[Tensor, Tensor]: ...
@overload
def jvp(f: Function, primals: Any, tangents: Any, **kwargs: Any) -> tuple[Any, Any]: ...
def jvp(f: Function, primals: Any, tangents: Any, **kwargs: Any) -> tuple[Any, Any]:
    """f's value at the primals, and its derivative in the direction of the tangents.

    primals, tangents: tuples with one entry per argument of f (for one argument the array itself will do).
    Forward mode without rules of its own: the VJP is linear in its cotangent, and this is the VJP of that.

    It is ẏ = J ẋ with the Jacobian J = ∂f/∂x and the tangent ẋ. Raises GradientError where f returns no Tensor, ShapeError for
    a tangent of another shape.

    See also: tg.vjp, tg.hvp, tg.jacobian.

    >>> import numpy as np, tinygrad_lite as tg
    >>> value, change = tg.jvp(np.sin, np.array(0.0), np.array(2.0))
    >>> print(value, change)
    0.0 2.0
    """
    if not isinstance(primals, tuple):
        primals, tangents = (primals,), (tangents,)
    inputs = Inputs(primals, tuple(range(len(primals))), "jvp")
    out = as_result(inputs.call(f, kwargs), "jvp", scalar=False)
    directions = inputs.directions(tangents, "jvp")
    dummy = Tensor(np.zeros_like(out._array), requires_grad=True)
    with recorded():
        pulled = pull_back([out], [dummy], inputs.fresh, create_graph=True)
        change = _against(pulled, directions, [dummy], inputs.tensors)[0]
    if change is None:
        change = np.zeros_like(out._array)[()]
    value = inputs.as_given(_plain(out, inputs.tensors))
    return value, inputs.as_given(as_tensor(change)) if inputs.tensors else change


def _against(results: list[Any], directions: list[Any], wrt: list[Tensor], tensors: bool) -> list[Any]:
    """The VJP of several results, those that nothing leads to left out."""
    pairs = [(g, d) for g, d in zip(results, directions, strict=True) if g is not None and g.requires_grad]
    return pull_back([g for g, _ in pairs], [d if tensors else d._array for _, d in pairs], wrt, create_graph=tensors)


@overload
def jacobian(f: Function, argnums: Literal[0] = 0) -> Jacobian: ...
@overload
def jacobian(f: Function, argnums: int | Sequence[int] = 0) -> Function: ...
@answering("tg.jacobian")
def jacobian(f: Function, argnums: int | Sequence[int] = 0) -> Any:
    """A function that gives all derivatives of f's elements by its argument's elements.

    The result has shape `value.shape + argument.shape`, nested as the arguments are. One program computes
    all rows at once.

    J[i, j] = ∂f_i/∂x_j. Raises GradientError where f returns no Tensor, DTypeError for integers.

    See also: tg.hessian, tg.vjp, tg.jvp.

    >>> import numpy as np, tinygrad_lite as tg
    >>> print(tg.jacobian(lambda x: x * x)(np.array([1.0, 2.0])))
    [[2. 0.]
     [0. 4.]]
    """

    @functools.wraps(f)
    def derivative(*args: Any, **kwargs: Any) -> Any:
        inputs = Inputs(args, argnums, "jacobian")
        out = as_result(inputs.call(f, kwargs), "jacobian", scalar=False)
        rows = jacobian_rows(out, inputs.fresh, inputs.tensors)
        return inputs.shaped([np.reshape(r, out.shape + x.shape) for r, x in zip(rows, inputs.fresh, strict=True)])

    return derivative


@overload
def hessian(f: Function, argnums: Literal[0] = 0) -> Jacobian: ...
@overload
def hessian(f: Function, argnums: int) -> Function: ...
@answering("tg.hessian")
def hessian(f: Function, argnums: int = 0) -> Any:
    """A function that gives the second derivatives of the scalar function f, of shape `x.shape + x.shape`.

    H[i, j] = ∂²f/∂x_i∂x_j. Raises GradientError where f is not scalar, DTypeError for integers.

    See also: tg.hvp, tg.jacobian, tg.grad.

    >>> import numpy as np, tinygrad_lite as tg
    >>> print(tg.hessian(lambda x: (x**3).sum())(np.array([1.0, 2.0])))
    [[ 6.  0.]
     [ 0. 12.]]
    """
    if not isinstance(argnums, int):
        raise GradientError(
            "hessian takes one argument number; for mixed derivatives nest tg.jacobian(tg.grad(f, i), j)."
        )
    return jacobian(grad(f, argnums), argnums)


@overload
def hvp(f: Function, primals: float, tangents: Plain, **kwargs: Plain) -> np.float64: ...
@overload
def hvp(f: Function, primals: Tensor, tangents: Any, **kwargs: Any) -> Tensor: ...
@overload
def hvp(f: Function, primals: A, tangents: Plain, **kwargs: Plain) -> A: ...
@overload
def hvp(f: Function, primals: Any, tangents: Any, **kwargs: Any) -> Any: ...
def hvp(f: Function, primals: Any, tangents: Any, **kwargs: Any) -> Any:
    """The Hessian of the scalar function f at the primals times the tangents, without the Hessian.

    primals, tangents: one array, or tuples with one entry per argument of f; the result is nested likewise.

    H v = ∂/∂x (∇f · v). Raises GradientError where f is not scalar, ShapeError for tangents of another shape.

    See also: tg.hessian, tg.jvp.

    >>> import numpy as np, tinygrad_lite as tg
    >>> print(tg.hvp(lambda x: (x**3).sum(), np.array([1.0, 2.0]), np.array([1.0, 0.0])))
    [6. 0.]
    """
    single = not isinstance(primals, tuple)
    if single:
        primals, tangents = (primals,), (tangents,)
    inputs = Inputs(primals, tuple(range(len(primals))), "hvp")
    out = as_result(inputs.call(f, kwargs), "hvp", scalar=True)
    directions = inputs.directions(tangents, "hvp")
    with recorded():
        slopes = pull_back([out], [unit_seed(out)], inputs.fresh, create_graph=True)
        result = inputs.shaped(_against(slopes, directions, inputs.fresh, inputs.tensors))
    return result[0] if single else result
