"""`composite`: functions whose nodes belong together, and that may run as one node.

A composite is its body, a function of primitives, and nothing else: its derivative is found. A call of the package's
own composites runs the program that was generated from the body (programs/generated.py) wherever that fits the
arguments; one of the user's runs a program that is made when it has been called often (programs/just_in_time.py). Either
makes one node (programs/folded.py), which becomes the nodes of the body when somebody looks into it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast, overload

from tinygrad_lite.core.graph import Call, Node, Primitive
from tinygrad_lite.core.scopes import SCOPE, UNFOLDED, Off, current_scope
from tinygrad_lite.errors import UnsupportedError
from tinygrad_lite.programs import generated
from tinygrad_lite.programs.folded import Fits, Kernel, floats, run
from tinygrad_lite.programs.just_in_time import JustInTime
from tinygrad_lite.programs.slopes import slopes
from tinygrad_lite.tensor.keywords import refuse_others

__all__ = ["composite"]

F = TypeVar("F", bound=Callable[..., Any])


@overload
def composite(function: F, /) -> F: ...
@overload
def composite(
    *, repair: str = "", kernel: Callable[..., Any] | None = None, programs: Mapping[str, Fits] = ...
) -> Callable[[F], F]: ...
def composite(
    function: F | None = None,
    /,
    *,
    repair: str = "",
    kernel: Callable[..., Any] | None = None,
    programs: Mapping[str, Fits] = {},  # it is read only
) -> F | Callable[[F], F]:
    """Group the nodes that a function makes: pictures show one box that unfolds, derivations name it.

    The mark changes neither values nor gradients: the function has no rule of its own. Usable on any function
    of Tensors; on plain arrays it does nothing.

    From about the hundredth call on with Tensors that need a gradient, of the same shapes, dtypes and other arguments, a
    program of the body's lines runs in its place. It makes one node, and rounds otherwise by a few ulps: where two runs
    must agree to the bit, set TINYGRAD_LITE_COMPOSITES=bodies before the import. A program only runs where it is known
    to do the same: a body that decides by a number, draws random numbers, prints, stores or names something, or returns
    several Tensors runs itself always.

    repair: what to write instead where a gradient becomes nan or inf inside of it; the warning says so.
    kernel: a NumPy function of the same arguments with the same value to a few roundings, which is computed in the
    place of the body; the derivative is still that of the body. programs: for the package's own, by the name of a
    generated program, when it may run (see programs/folded.py). Raises UnsupportedError for what is no function.

    See also: tg.draw, tg.derive, tg.compile.

    >>> import numpy as np, tinygrad_lite as tg
    >>> @tg.composite
    ... def swish(z): return z * tg.sigmoid(z)
    >>> swish(tg.Tensor(0.0, requires_grad=True)).call.name
    'swish'
    """
    if function is None:
        return functools.partial(composite, repair=repair, kernel=kernel, programs=programs)
    if not callable(function):
        raise UnsupportedError(f"composite marks a function; got {function!r}. Write @tg.composite above a def.")
    if kernel is not None and not callable(kernel):
        raise UnsupportedError(f"composite(kernel=…) takes a NumPy function, such as np.tanh; got {kernel!r}.")
    kernels, made = _kernels(function, kernel, programs), JustInTime(function, repair)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not UNFOLDED.get():
            result = run(kernels, function, args, kwargs, repair) if kernels else made.result(args, kwargs)
            if result is not None:
                return result
        if kwargs and programs:
            refuse_others(f"tg.{function.__name__}", kwargs)
        if type(outer := current_scope()) is Off:
            return function(*args, **kwargs)
        try:
            SCOPE.set(scope := Call(function, outer, args, kwargs, repair))
            result = function(*args, **kwargs)
        finally:
            SCOPE.set(outer)
        if isinstance(result, Node):
            scope.output = result.serial
        return result

    return cast(F, call)


def _kernels(
    function: Callable[..., Any], kernel: Callable[..., Any] | None, programs: Mapping[str, Fits]
) -> list[Kernel]:
    """The programs by which a composite may run, in the order in which they are tried."""
    found = []
    parameters = tuple(inspect.signature(function).parameters)
    for name, fits in programs.items():
        value = getattr(generated, name, None)
        if value is not None:  # while the programs are being generated there is none
            pulls = {i: getattr(generated, f"{name}_by_{by}", None) for i, by in enumerate(parameters)}
            vjps = {i: vjp for i, vjp in pulls.items() if vjp is not None}
            primitive = kernel and _primitive(function.__name__, kernel, vjps)
            found.append(Kernel(value, vjps, fits, primitive, functools.partial(slopes, name, parameters)))
    if kernel is not None and not found:
        found.append(Kernel(lambda *values: (kernel(*values), ()), {}, Fits(floats)))
    return found


def _primitive(name: str, kernel: Callable[..., Any], vjps: Mapping[int, Callable[..., Any]]) -> Primitive:
    """What a call is in a program where a NumPy function computes it: one line, whose rules are the generated VJPs."""
    rules = [lambda g, out, *inputs, vjp=vjp: vjp(g, *inputs) for vjp in vjps.values()]
    return Primitive(name, kernel, rules, kind="elementwise", ufunc=kernel, listed=False)
