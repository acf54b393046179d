"""`tinygrad-lite compile`: an expression with its gradients, or a function in a file, as NumPy code."""

from __future__ import annotations

import argparse
import ast
import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from tinygrad_lite.command.files import arguments_of, found_in
from tinygrad_lite.command.options import add_source, no_value, one_source, read_both
from tinygrad_lite.command.terminal import Terminal
from tinygrad_lite.compiling import Compiled
from tinygrad_lite.compiling import compile as compiled
from tinygrad_lite.errors import CompileError, FormulaError
from tinygrad_lite.files import write
from tinygrad_lite.transforms import value_and_grad
from tinygrad_lite.typed import graphs as ty
from tinygrad_lite.typed.classes import classes_of
from tinygrad_lite.typed.several import formula_or_value
from tinygrad_lite.wrapping import wrapped

__all__ = ["add_arguments", "from_expression", "from_file", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `tinygrad-lite compile`."""
    add_source(parser, "a function, or one under @tg.compile that the file calls itself", "")
    parser.add_argument("--wrt", metavar="NAME[,NAME]", help="what to derive by; without it no gradient is added")
    parser.add_argument("--fast", action="store_true", help="the code that a call runs, instead of the code for people")
    parser.add_argument("--save", metavar="FILE.py", help="write to this file, and not to the terminal")


def run(options: argparse.Namespace) -> None:
    """Write the source of what the options say, to the file or to the terminal.

    Raises CompileError or FormulaError where that is not possible.
    """
    one_source(options, CompileError, "compile", "-e '(y - w*x)**2 / 2' --wrt w --let w=2 --let x=1 --let y=0")
    if options.expression is not None:
        found = from_expression(options.expression, options.wrt, options.let, options.const)
    else:
        found = from_file(options.source, options.wrt, options.let, options.const)
    text = f"{_said_of_names(found)}{found.fast_source}" if options.fast else found.source
    if options.save is None:
        Terminal().write(text.rstrip())
    else:
        write(options.save, text)
        Terminal().write(f"wrote {options.save}")


def _said_of_names(found: Compiled[Any]) -> str:
    """What is said above the code that a call runs: it does not run alone, and what its names stand for."""
    fast = found.last.fast
    space = fast.function.__globals__
    parts = list(ast.walk(ast.parse(fast.source)))
    written = {x.name for x in parts if isinstance(x, ast.FunctionDef)}
    used = {x.id for x in parts if isinstance(x, ast.Name) and x.id in space} - written
    names = [f"{name} = {_bound(space[name])}" for name in sorted(used)]
    said = (
        "This is what a call runs. It does not run alone, as the code without --fast does: tg.compile binds its names."
    )
    rows = [*wrapped(said, 98), *wrapped(", ".join(names), 98)]
    return "".join(f"# {row}\n" for row in rows)


def _bound(x: Any) -> str:
    """What a name of the code that a call runs stands for, in a few words."""
    owner = getattr(x, "__self__", None)
    if isinstance(x, np.ufunc):
        return f"np.{x.__name__}"
    if isinstance(owner, np.ufunc):
        return f"np.{owner.__name__}.{x.__name__}"
    if isinstance(x, np.ndarray | np.generic):
        return f"{x.dtype.name} {x!s}" if x.ndim == 0 else f"an array of shape {x.shape}"
    if isinstance(x, int | float):
        return repr(x)
    if callable(x) and hasattr(x, "__qualname__"):
        return f"{x.__module__}.{x.__qualname__}"
    return f"np.{x.name}" if isinstance(x, np.dtype) else f"a {type(x).__name__}"


def from_expression(
    text: str, wrt: str | None = None, given: Sequence[str] = (), constants: Sequence[str] = ()
) -> Compiled[Any]:
    """A cost that was typed as text, with its gradients by the names in `wrt`, compiled and called once.

    given, constants: NAME=VALUE, as --let and --const take them. Raises FormulaError for what cannot be read, and names what has no value.

    >>> print(from_expression("(w*x)**2", "w", ["w=2", "x=3"])(2.0, 3.0))
    (np.float64(36.0), np.float64(36.0))
    """
    typed = ty.read_several(text)
    values, consts = read_both(given, constants)
    formula_or_value(typed.tree, values | consts)
    _none_of(consts, wrt)
    values |= consts
    values |= {n: v for n, v in classes_of(typed.tree, values).items() if n not in _targets(wrt)}
    names = typed.names()
    missing = [name for name in names if name not in values]
    if missing:
        raise FormulaError(no_value(missing, values))
    for name in (*values, *_targets(wrt)):
        if name not in names:
            raise FormulaError(f"{name!r} does not occur in {text!r}; it has {', '.join(names) or 'no names'}.")

    def cost(*arguments: Any) -> Any:
        return ty.graph_of(typed, dict(zip(names, arguments, strict=True)))[0]

    parameters = [inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in names]
    cost.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return _called(cost, {n: values[n][()] for n in names}, wrt)


def from_file(
    source: str, wrt: str | None = None, given: Sequence[str] = (), constants: Sequence[str] = ()
) -> Compiled[Any]:
    """The function NAME of a Python file FILE.py:NAME, with its gradients by the parameters in `wrt`, compiled and called.

    A parameter has the value that `given` or `constants` has for it (NAME=VALUE, as --let and --const take them), or the file's variable of its
    name, or its default. What the file has compiled and called itself is taken as it is, where nothing is given.
    Raises CompileError where the file, the name or a value is not there.
    """
    lets, consts = read_both(given, constants, typed=True)
    _none_of(consts, wrt)
    values = {name: value[()] for name, value in (lets | consts).items()}

    def use(value: Any, space: Mapping[str, Any]) -> Compiled[Any]:
        if not callable(value) or isinstance(value, type):
            raise CompileError(f"{source} is {type(value).__name__}, not a function. Name a function of the file.")
        if isinstance(value, Compiled):
            if value.programs and not wrt and not values:
                return value
            value = value.function
        return _called(value, arguments_of(value, source, space, values, CompileError), wrt)

    kinds = (FunctionType, Compiled)
    found: Compiled[Any] = found_in(source, "compile", kinds, "function", CompileError, use)
    return found


def _called(function: Callable[..., Any], arguments: Mapping[str, Any], wrt: str | None) -> Compiled[Any]:
    """A function, with its gradients by the parameters in `wrt`, compiled and called once."""
    parameters = inspect.signature(function).parameters
    keywords = {n: x for n, x in arguments.items() if parameters[n].kind is inspect.Parameter.KEYWORD_ONLY}
    names = [n for n in arguments if n not in keywords]
    numbers = []
    for name in _targets(wrt):
        if name not in names:
            raise CompileError(f"--wrt {name}: there is no such parameter; there are {', '.join(names) or 'none'}.")
        numbers.append(names.index(name))
    whole = value_and_grad(function, numbers if len(numbers) > 1 else numbers[0]) if numbers else function
    found: Compiled[Any] = compiled(whole)
    found(*(arguments[n] for n in names), **keywords)
    return found


def _targets(wrt: str | None) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in wrt.split(","))) if wrt else []


def _none_of(constants: Collection[str], wrt: str | None) -> None:
    """Raise CompileError where a constant is derived by."""
    if clash := [name for name in _targets(wrt) if name in constants]:
        raise CompileError(f"{clash[0]!r} is a constant, so there is nothing to derive by. Give it by --let.")
