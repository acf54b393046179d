"""What a function reaches beside arrays and objects of the user's: its changes are seen, or it is refused, never guessed at."""

from __future__ import annotations

import contextvars
import ctypes
import functools
import importlib
import os
import queue
import sys
import threading
import types
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.observed import observed, same

X = np.array([1.0, 2.0])
FACTOR = 1.0
# Given what compiles, and an empty folder: a function that changes a number, and one of it.
Case = tuple[Callable[..., Any], Callable[[float], Any]]


class Number:
    """What the user changes."""

    k = 1.0


def set_factor(k: float) -> None:
    globals()["FACTOR"] = k


def an_attribute_of_the_function() -> Case:
    def scaled(x: Any) -> Any:
        return x * scaled.k  # type: ignore[attr-defined]

    return scaled, lambda k: setattr(scaled, "k", k)


def a_default_of_a_keyword() -> Case:
    def scaled(x: Any, *, k: float = 1.0) -> Any:
        return x * k

    return scaled, lambda k: setattr(scaled, "__kwdefaults__", {"k": k})


def the_code_of_a_function() -> Case:
    def double(x: Any) -> Any:
        return x * 2.0

    def triple(x: Any) -> Any:
        return x * 3.0

    def called(x: Any) -> Any:
        return x

    def reload(k: float) -> None:
        called.__code__ = (triple if k == 3.0 else double).__code__

    return lambda x: called(x), reload


def a_descriptor() -> Case:
    class Factor:
        def __get__(self, instance: Any, owner: Any = None) -> float:
            return FACTOR

    class Scaled:
        k = Factor()

    scaled = Scaled()
    return lambda x: x * scaled.k, set_factor


def a_class_of_classes() -> Case:
    class Meta(type):
        k = 1.0

    class Scaled(metaclass=Meta):
        pass

    return lambda x: x * Scaled.k, lambda k: setattr(Meta, "k", k)


def a_list_with_attributes_and_methods() -> Case:
    class Numbers(list[float]):
        k = 1.0

        def total(self) -> float:
            return sum(self) * FACTOR

    numbers = Numbers([1.0])

    def put(k: float) -> None:
        numbers.k = numbers[0] = k
        set_factor(k)

    numbers.k = 2.0
    return lambda x: x * numbers.k * numbers.total(), put


def a_method_of_a_list() -> Case:
    numbers = [1.0]
    get = numbers.__getitem__
    return lambda x: x * get(0), lambda k: numbers.__setitem__(0, k)


def a_method_of_an_array() -> Case:
    weights = np.ones(2)
    total = weights.sum
    return lambda x: x * total(), weights.fill


def a_module_that_is_imported_inside(folder: Path) -> Case:
    (folder / "inside.py").write_text("k = 1.0\n", encoding="utf-8")

    def scaled(x: Any) -> Any:
        import inside  # type: ignore[import-not-found]

        return x * inside.k

    return scaled, lambda k: setattr(importlib.import_module("inside"), "k", k)


SEEN = [
    an_attribute_of_the_function, a_default_of_a_keyword, the_code_of_a_function, a_descriptor, a_class_of_classes,
    a_list_with_attributes_and_methods, a_method_of_a_list, a_method_of_an_array, a_module_that_is_imported_inside,
]  # fmt: skip


@pytest.mark.parametrize("case", SEEN, ids=lambda case: case.__name__)
def test_changes_are_seen(case: Callable[..., Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(globals(), "FACTOR", 1.0)
    function, put = case(tmp_path) if case.__code__.co_argcount else case()
    compiled = tg.compile(function)
    for k in (2.0, 3.0, 2.0):
        put(k)
        assert same(compiled(X), function(X), 1e-12), k
    sys.modules.pop("inside", None)


_ENVIRON, _VARIABLE, _LOCAL = os.environ, contextvars.ContextVar("_VARIABLE", default=1.0), threading.local()
_NUMBER, _DICT, _QUEUE, _ARRAY = Number(), {"k": 1.0}, queue.Queue[float](), np.ones(2)
_WEAK, _PROXY, _READ_ONLY, _VALUES = (
    weakref.ref(_NUMBER),
    weakref.proxy(_NUMBER),
    types.MappingProxyType(_DICT),
    _DICT.values(),
)
_BYTES, _C, _VECTORIZED = memoryview(_ARRAY), ctypes.c_double(1.0), np.vectorize(lambda v: v * FACTOR, otypes=[float])
_OBJECTS, _MORE_OBJECTS, _APPEND = {_NUMBER}, frozenset([_NUMBER]), list[float]().append


@functools.cache
def cached(n: int) -> Any:
    """A function with a cache, which its user may empty."""
    return np.full(2, FACTOR * n)


def by_class(x: Any) -> Any:
    """Takes another way for a stand-in than for an array."""
    match x:
        case np.ndarray():
            return x * 2
        case _:
            return x


def sets_the_environment(x: Any) -> Any:
    """Changes something, which no program does again."""
    os.environ["TG_K"] = "2"
    return x


@pytest.mark.parametrize(("function", "words"), [
    (lambda x: x * float(os.environ.get("TG_K", "1")), "asks for the environment"),
    (lambda x: x * float(os.environ["TG_K"]), "asks for the environment"),
    (lambda x: x * float(os.getenv("TG_K", "1")), "asks for the environment"),
    (lambda x: x * len(os.path.expandvars("$TG_K")), "asks for the environment"),
    (lambda x: x * ("TG_K" in os.environ), "asks for the environment"), (sets_the_environment, "asks for the environment"),
    (lambda x: x * len(os.getcwd()), "asks the operating system"),
    (lambda x: x * os.path.exists("weights.npy"), "asks the operating system"),
    (lambda x: x * Path("weights.npy").exists(), "asks the operating system"),
    (lambda x: x * np.load(__file__), "opens a file"), (lambda x: x * np.loadtxt(__file__), "opens a file"),
    (lambda x: x * len(Path(__file__).read_text(encoding="utf-8")), "opens a file"),
    (lambda x: x * np.fromfile(__file__), "reads a file"),
    (lambda x: x * sys._getframe().f_lineno, "asks the interpreter"),
    (lambda x: x * (np.geterr()["divide"] == "warn"), "asks for NumPy's settings"),
    (lambda x: x * len(threading.current_thread().name), "asks for the thread"),
    (lambda x: x * len(_ENVIRON), "_ENVIRON"), (lambda x: x * _VARIABLE.get(), "_VARIABLE"), (lambda x: x * _LOCAL.k, "_LOCAL"),
    (lambda x: x * _WEAK().k, "_WEAK"), (lambda x: x * _PROXY.k, "_PROXY"), (lambda x: x * _READ_ONLY["k"], "_READ_ONLY"),
    (lambda x: x * sum(_VALUES), "_VALUES"), (lambda x: x * _BYTES[0], "_BYTES"), (lambda x: x * _C.value, "_C"),
    (lambda x: x * _QUEUE.queue[0], "_QUEUE"), (lambda x: x * _VECTORIZED(2.0), "_VECTORIZED"),
    (lambda x: x * cached(2), "which keeps its results"), (lambda x: x * max(v.k for v in _OBJECTS), "_OBJECTS"),
    (lambda x: x * max(v.k for v in _MORE_OBJECTS), "_MORE_OBJECTS"), (lambda x: (_APPEND(1.0), x)[1], "stores a value"),
    (by_class, "chooses by `case` of a class"),
])  # fmt: skip
def test_what_may_change_unseen_is_refused(
    function: Callable[[Any], Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TG_K", "1")
    found = observed(lambda: tg.compile(function)(X))
    assert found.refused
    assert found.error is not None
    assert words in found.error[1]
    assert os.environ["TG_K"] == "1"


def test_a_composite_that_asks_for_what_may_change_runs_its_body(monkeypatch: pytest.MonkeyPatch) -> None:
    f = tg.composite(lambda z: np.tanh(z) * float(os.environ["TG_K"]) * 2.0 + z)
    z = tg.Tensor(X, requires_grad=True)
    for k in (1.0, 5.0):
        monkeypatch.setenv("TG_K", str(k))
        for _ in range(100):
            result = f(z)
        np.testing.assert_array_equal(result.numpy(), np.tanh(X) * k * 2.0 + X)
