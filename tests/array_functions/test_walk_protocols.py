"""No silent detaching where NumPy and Python ask for numbers: methods of arrays, generators, numpy.ma, math and more.

Every function of a namespace gets tracked Tensors, twice, with other values. It may record, raise, or give a plain
result that is the same both times: a fact of shape or type. A plain result that depends on the values has lost the
gradient. NumPy's functions that ask Tensor: test_walk.py.
"""

from __future__ import annotations

import cmath
import itertools
import math
import operator
import random
import statistics
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.tensors import leaf, ours_behind

READS = {
    "dump",
    "tofile",
    "fromfile",
    "load",
    "loadtxt",
    "genfromtxt",
    "fromregex",
    "memmap",
    "show_config",
    "show_runtime",
    "info",
    "test",
}
COMPARES = {"bisect", "bisect_left", "bisect_right", "countOf", "indexOf"}  # places and counts, found by `<` and `==`
SETS = {"setbufsize", "seterr", "seterrcall", "set_printoptions", "set_string_function", "setflags"}
CLASSES = (type, type(np.sum), np.ufunc)  # functions and ufuncs that ask Tensor are walked over in test_walk.py


def callables(owner: Any, *without: str) -> dict[str, Callable[..., Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        skipped = READS | SETS | set(without)
        found = {n: getattr(owner, n, None) for n in dir(owner) if not n.startswith("_") and n not in skipped}
    return {n: f for n, f in found.items() if callable(f) and not isinstance(f, CLASSES)}


def values(shift: float) -> dict[str, Any]:
    return {
        "s": leaf(0.4 + shift),
        "t": leaf(np.array([0.3, 0.5, 0.2]) + shift * np.array([1, -1, 0])),  # sums to 1, as probabilities do
        "T": leaf(np.eye(3) + shift),
        "a": np.array([0.5, 1.0, 2.0]),
        "A": np.eye(3) + 1.0,
        "n": 1,
    }


# What stands for the arguments: letters are the values above, brackets a list.
ARGUMENTS = [
    "s",
    "t",
    "T",
    "[s]",
    "[t]",
    "[a][t]",
    "st",
    "ss",
    "tt",
    "sa",
    "as",
    "ta",
    "at",
    "TT",
    "At",
    "ns",
    "nt",
    "sn",
    "tn",
    "nsn",
    "sss",
    "ata",
]


def arguments(spelled: str, shift: float) -> list[Any]:
    given, found, inside = values(shift), [], None
    for letter in spelled:
        if letter == "[":
            inside = []
        elif letter == "]":
            found.append([inside[0], inside[0]])  # type: ignore[index]
            inside = None
        elif inside is not None:
            inside.append(given[letter])
        else:
            found.append(given[letter])
    return found


def facts(x: Any) -> Iterator[Any]:
    """All plain numbers in a result, as bytes or text; Tensors are in the graph."""
    if isinstance(x, np.ma.MaskedArray):
        x = x.filled(0)
    if isinstance(x, np.ndarray | np.generic):
        if x.dtype == object:
            yield from itertools.chain.from_iterable(map(facts, x.ravel().tolist()))
        elif x.dtype != bool:  # comparisons
            yield x.tobytes()
    elif isinstance(x, list | tuple | set):
        yield from itertools.chain.from_iterable(map(facts, x))
    elif isinstance(x, dict):
        yield from facts(list(x.values()))
    elif isinstance(x, bool | str):
        return  # comparisons, and what is shown
    elif isinstance(x, int | float | complex | bytes):
        yield x


def seen(make: Callable[[], Callable[..., Any]], spelled: str, shift: float) -> list[Any]:
    """What a call lets one see: its result, and whatever it has written into its arguments and its owner."""
    function, args = make(), arguments(spelled, shift)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            result = function(*args)
        except Exception as error:
            result = repr(ours_behind(error))
    return [
        *facts(result),
        *facts([x for x in args if isinstance(x, np.ndarray)]),
        *facts(getattr(function, "__self__", None)),
    ]


def loses(make: Callable[[], Callable[..., Any]], most: int = 3) -> list[str]:
    """The spellings of the arguments, at most so many, by which the numbers get out."""
    tried = [spelled for spelled in ARGUMENTS if spelled[0] == "[" or len(spelled) <= most]
    return [spelled for spelled in tried if seen(make, spelled, 0.0) != seen(make, spelled, 0.1)]


def at_all(make: Callable[[], Callable[..., Any]]) -> bool:
    """Whether plain numbers get through in some way, so that the walk has tried something."""
    for spelled in ARGUMENTS:
        args = [x.detach().numpy() if isinstance(x, tg.Tensor) else x for x in arguments(spelled, 0.0)]
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                make()(*args)
            except Exception:
                continue
            return True
    return False


# --- one test for each namespace -----------------------------------------------------------------------------------------

METHODS = [
    n
    for n in dir(np.ndarray)
    if callable(getattr(np.ndarray, n)) and n not in READS | SETS and (not n.startswith("__") or n in dir(operator))
]


@pytest.mark.parametrize("name", METHODS)
def test_no_method_of_an_array_takes_the_numbers_of_a_tracked_tensor(name: str) -> None:
    for make in (
        lambda: np.array([0.5, 1.0, 2.0]),
        lambda: np.eye(3) + 1.0,
        lambda: np.array([2, 0, 1]),
        lambda: np.array(2.0),
    ):
        assert loses(lambda make=make: getattr(make(), name)) == []


@pytest.mark.parametrize(
    "name", ["__add__", "__mul__", "__rmul__", "__matmul__", "__pow__", "__imul__", "dot", "sum", "fill", "__setitem__"]
)
@pytest.mark.parametrize("kind", [np.matrix, np.ma.MaskedArray, np.recarray])
def test_no_method_of_a_subclass_does(kind: Any, name: str) -> None:
    assert loses(lambda: getattr((np.eye(3) + 1.0).view(kind), name)) == []


# The third argument is out=, which NumPy takes for an array without a look: what is none can crash the interpreter.
WRITE_OUT = {"random", "standard_normal"}
DRAWS = callables(np.random.Generator, "spawn")


@pytest.mark.parametrize("name", DRAWS)
def test_no_random_number_depends_on_a_tracked_tensor(name: str) -> None:
    most = 2 if name in WRITE_OUT else 3
    assert loses(lambda: getattr(np.random.default_rng(0), name), most) == []


def test_neither_do_those_of_the_old_generator_and_of_python() -> None:
    for name in callables(np.random.RandomState):
        assert loses(lambda name=name: getattr(np.random.RandomState(0), name)) == [], name
    for name in ("uniform", "gauss", "normalvariate", "expovariate", "triangular", "randint", "betavariate"):
        assert loses(lambda name=name: getattr(random.Random(0), name)) == [], name


NAMESPACES = {
    "np": callables(np), "np.linalg": callables(np.linalg), "np.ma": callables(np.ma, "empty_like"),
    "np.polynomial.polynomial": callables(np.polynomial.polynomial), "np.polynomial.chebyshev": callables(np.polynomial.chebyshev),
    "np.rec": callables(np.rec, "fromfile"), "math": callables(math), "cmath": callables(cmath),
    "statistics": callables(statistics, *COMPARES), "operator": callables(operator, *COMPARES),
}  # fmt: skip


@pytest.mark.parametrize("where", NAMESPACES)
def test_no_function_takes_the_numbers_of_a_tracked_tensor(where: str) -> None:
    found = {name: loses(lambda f=f: f) for name, f in NAMESPACES[where].items()}
    assert {name: calls for name, calls in found.items() if calls} == {}


def test_no_type_does() -> None:
    types = {
        *np.sctypeDict.values(),
        float,
        int,
        complex,
        np.matrix,
        np.poly1d,
        np.polynomial.Polynomial,
        np.nditer,
        np.broadcast,
        np.ndenumerate,
    }
    for kind in types - {np.str_, np.bytes_, np.object_}:
        assert loses(lambda kind=kind: kind) == [], kind


def test_the_walk_is_a_walk() -> None:
    """Most functions take what the walk gives to them, where it is plain."""
    drawn = [
        name for name in DRAWS.keys() - WRITE_OUT if at_all(lambda name=name: getattr(np.random.default_rng(0), name))
    ]
    assert len(drawn) > 0.7 * len(DRAWS)
    for where in ("math", "np.ma"):
        taken = [name for name, f in NAMESPACES[where].items() if at_all(lambda f=f: f)]
        assert len(taken) > 0.6 * len(NAMESPACES[where])
    assert loses(lambda: lambda x: x.detach().numpy() * 2) != []  # and it sees a loss
