"""tg.compile: a function of arrays as one flat NumPy program, run in its place."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections import OrderedDict
from collections.abc import Callable
from threading import RLock
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from tinygrad_lite.compiling.calls import OTHER
from tinygrad_lite.compiling.variant import Variant, made
from tinygrad_lite.core.scopes import TRACE
from tinygrad_lite.errors import CompileError, DomainError, UnsupportedError
from tinygrad_lite.files import write
from tinygrad_lite.programs.signature import signature
from tinygrad_lite.tensor.keywords import answering

__all__ = ["Compiled", "compile"]

# What is an input of the program. Where a function decides by the values of one kind, the next level makes these a part of
# the signature, which is compared at each call: (dtypes of the arrays that are no arguments, whether Python floats).
_LEVELS = (("", False), ("iub", False), ("iubf", False), ("iubf", True))


F = TypeVar("F", bound=Callable[..., Any])
P = ParamSpec("P")
R = TypeVar("R")


class Compiled(Generic[F]):
    """What `tg.compile(f)` gives: it is called as f is, and keeps a program for each signature.

    For a type checker it is a Compiled[type of f], whose call takes and gives what f does; Compiled[Any] is any of them.
    most: how many programs are kept; the one that was not used for longest goes first.

    See also: tg.compile.

    >>> import numpy as np, tinygrad_lite as tg
    >>> square = tg.compile(lambda x: np.sum(x * x))
    >>> float(square(np.array([1.0, 2.0]))), square.programs
    (5.0, 1)
    """

    def __init__(self, function: F, most: int) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self._names = _parameters(function)
        self._most = most
        self._variants: OrderedDict[tuple[Any, ...], list[Any]] = OrderedDict()
        self._last: Variant | None = None
        self._lock = RLock()

    def _run(self, *args: Any, **kwargs: Any) -> Any:
        """What the function gives for these arguments; the first call of a signature makes its program."""
        if not kwargs and self._last is not None:
            results = self._last.enter(args)
            if results is not OTHER:
                return results
        return self._found(args, kwargs)

    __call__: F = _run  # type: ignore[assignment]  # so that overloads are kept, which no ParamSpec can hold

    def _found(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        level = 0
        refusal: CompileError | None = None
        while True:
            given = signature(self._names, args, kwargs, level, *_LEVELS[level])
            if given.foreign or TRACE.get() is not None:
                return self.function(*args, **kwargs)
            variant = self._kept(given.key)
            if isinstance(variant, int):
                level = variant
                continue
            if variant is None:
                try:
                    variant = made(self.function, args, kwargs, given, _inlined)
                except CompileError as error:
                    refusal = refusal or error
                    level += 1
                    if level == len(_LEVELS):
                        raise refusal from None
                    continue
                if level:  # the next call need not try again
                    self._keep(signature(self._names, args, kwargs, 0, *_LEVELS[0]).key, level)
                self._keep(given.key, variant)
            self._last = variant
            return variant.run([leaf.value for leaf in given.inputs], args, kwargs)

    def _kept(self, key: tuple[Any, ...]) -> Any:
        """The variant of a signature whose surroundings are as they were, or None."""
        with self._lock:
            variants = self._variants.get(key, [])
            for i, variant in enumerate(variants):
                if isinstance(variant, int) or variant.places.hold():
                    self._variants.move_to_end(key)
                    variants.insert(0, variants.pop(i))
                    return variant
        return None

    def _keep(self, key: tuple[Any, ...], variant: Any) -> None:
        with self._lock:
            variants = self._variants.setdefault(key, [])
            variants.insert(0, variant)
            del variants[self._most :]
            self._variants.move_to_end(key)
            while len(self._variants) > self._most:
                self._variants.popitem(last=False)

    @overload
    def __get__(self, instance: None, owner: Any = None) -> Self: ...
    @overload
    def __get__(
        self: Compiled[Callable[Concatenate[Any, P], R]], instance: object, owner: Any = None
    ) -> Callable[P, R]: ...
    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __copy__(self) -> Self:
        return self  # as functions are

    def __deepcopy__(self, memo: Any) -> Self:
        return self

    def __reduce__(self) -> Any:
        module, name = getattr(self.function, "__module__", None), getattr(self.function, "__qualname__", "")
        if getattr(sys.modules.get(module or ""), name, None) is self:
            return name  # it has taken the function's place, as a decorator does
        return Compiled, (self.function, self._most)

    def __repr__(self) -> str:
        return f"<compiled {getattr(self.function, '__qualname__', self.function)}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        # A notebook shows the source as Markdown, which it does where it is not trusted, too.
        try:
            source = self.source
        except CompileError as error:
            return {"text/plain": str(error)}
        fence = "```"
        while fence in source:
            fence += "`"
        return {"text/plain": source, "text/markdown": f"{fence}python\n{source.rstrip()}\n{fence}"}

    @property
    def source(self) -> str:
        """The function and its gradients as NumPy code for people, for the signature of the last call.

        It needs only numpy. Raises CompileError before any call.
        """
        from tinygrad_lite import listing  # it stands on derivations, which a call does not need

        return listing.source(self.function, *self.last.kept.arguments(), self.last.new_world)

    @property
    def fast_source(self) -> str:
        """The code that a call runs, for the signature of the last call. Raises CompileError before any call."""
        return self.last.fast.source

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write `source` to a file. Raises CompileError before any call, WriteError where the file cannot be written."""
        write(path, self.source)

    @property
    def programs(self) -> int:
        """How many programs are kept."""
        return sum(isinstance(v, Variant) for variants in self._variants.values() for v in variants)

    @property
    def last(self) -> Variant:
        """The variant that the last call ran. Raises CompileError before any call."""
        if self._last is None:
            raise CompileError(
                f"{self!r} has no program before it is called once: a program is made for shapes. Call it first."
            )
        return self._last


def _inlined(x: Any) -> Any:
    """What a trace calls in the place of a compiled function: the function itself."""
    return x.function if isinstance(x, Compiled) else None


def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return ()


@overload
def compile(function: F, /, *, most: int = 64) -> Compiled[F]: ...
@overload
def compile(*, most: int = 64) -> Callable[[F], Compiled[F]]: ...
@answering("tg.compile")
def compile(function: Callable[..., Any] | None = None, /, *, most: int = 64) -> Any:
    """A function of arrays as one flat program, which gives what the function gives, only faster.

    function: a cost, a derivative such as `tg.value_and_grad(cost)`, or a training step. It is run once for each
    signature of its arguments: shapes and dtypes of arrays, values of everything else. Python floats count as inputs
    unless the function decides by them. most: how many programs are kept, 1 or more. Usable as a decorator.
    Once called, the result has `.source`, the program as NumPy code for people, `.save(path)`, which writes it to a file,
    and `.fast_source`, the code that runs. The first call of a signature takes milliseconds, because it makes the program.
    Raises CompileError, which names the line, where the function branches on a value or otherwise takes one out, and
    DomainError where most is below 1.

    What differs from calling the function: values on which no result depends are not computed, so that nothing is said
    of them; an underflow is never reported, though np.seterr asks for it (all else that it asks for is done); and while
    the program is made, arguments are stand-ins for which isinstance answers as for arrays, but `type(x)`, `x is y`,
    `x.base` and np.isscalar do not. What the function reaches is looked at in each call, or refused; only what somebody
    puts into a module of a library's, such as sys.argv, counts as it was.

    See also: tg.Compiled, tg.value_and_grad, tg.vmap.

    >>> import numpy as np, tinygrad_lite as tg
    >>> slope = tg.compile(tg.grad(lambda x: np.tanh(x) ** 2))
    >>> float(slope(0.0))
    0.0
    """
    if function is None:
        return functools.partial(compile, most=most)
    if not callable(function):
        raise UnsupportedError(f"tg.compile takes a function; got {function!r}. Write @tg.compile above a def.")
    if most < 1:
        raise DomainError(f"tg.compile keeps at least one program; got most={most}. Give 1 or more.")
    return Compiled(function, most)
