"""Objects that compiled functions reach: what the user changes in them counts, or the function is refused."""

from __future__ import annotations

import dataclasses
import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.observed import observed, same
from tests.helpers.tensors import leaf

Make = Callable[
    [Callable[..., Any]], Callable[[float], Any]
]  # given what compiles: a function that changes a number and calls
X = np.array([1.0, 2.0])
OFFSET = 1.0


def an_attribute_of_a_class_by_type(compiled: Any) -> Any:
    class Scaled:
        k = 1.0
        shift = np.zeros(2)

        def __call__(self, x: Any) -> Any:
            return x * type(self).k + self.__class__.shift

    f = compiled(Scaled())

    def call(k: float) -> Any:
        Scaled.k, Scaled.shift = k, np.full(2, k)
        return f(X)

    return call


def an_attribute_of_a_class_in_a_classmethod(compiled: Any) -> Any:
    class Scaled:
        k = 1.0

        @classmethod
        def scaled(cls, x: Any) -> Any:
            return x * cls.k

        def __call__(self, x: Any) -> Any:
            return self.scaled(x)

    f = compiled(Scaled())

    def call(k: float) -> Any:
        Scaled.k = k
        return f(X)

    return call


def a_global_in_what_super_finds(compiled: Any) -> Any:
    class Base:
        k = 1.0

        def value(self, x: Any) -> Any:
            return x * OFFSET * self.k

        @property
        def half(self) -> Any:
            return OFFSET / 2

    class Derived(Base):
        def value(self, x: Any) -> Any:
            return super().value(x) + super().half

    f = compiled(Derived().value)

    def call(k: float) -> Any:
        globals()["OFFSET"] = k
        return f(X)

    return call


def an_object_of_a_class_with_new(compiled: Any) -> Any:
    class Single:
        def __new__(cls) -> Any:
            return super().__new__(cls)

    single: Any = Single()
    single.w = leaf([3.0, 4.0])
    f = compiled(lambda x: x * single.k * single.w)

    def call(k: float) -> Any:
        single.k = k
        return f(X).numpy()

    return call


def a_namespace(compiled: Any) -> Any:
    space = types.SimpleNamespace(w=leaf([3.0, 4.0]))
    f = compiled(lambda x: x * space.k * space.w + space.shift)

    def call(k: float) -> Any:
        space.k, space.shift = k, np.full(2, k)
        return f(X).numpy()

    return call


def a_namespace_that_is_written_to(compiled: Any) -> Any:
    space = types.SimpleNamespace(mean=np.zeros(2))

    def function(x: Any) -> Any:
        space.mean = space.mean * 0.5 + x
        return space.mean.sum()

    f = compiled(function)
    return lambda k: (f(X * k), space.mean.copy())


def a_dict_with_attributes(compiled: Any) -> Any:
    class Settings(dict[str, Any]):
        def __getattr__(self, key: str) -> Any:
            return self[key]  # KeyError, also where Python asks for something else

    settings = Settings()
    f = compiled(lambda x: x * settings.k)

    def call(k: float) -> Any:
        settings["k"] = k
        return f(X)

    return call


SEEN = [
    an_attribute_of_a_class_by_type, an_attribute_of_a_class_in_a_classmethod, a_global_in_what_super_finds,
    an_object_of_a_class_with_new, a_namespace, a_namespace_that_is_written_to, a_dict_with_attributes,
]  # fmt: skip


@pytest.mark.parametrize("make", SEEN, ids=lambda make: make.__name__)
def test_what_changes_in_an_object_is_seen(make: Make) -> None:
    eager, compiled = make(lambda f: f), make(tg.compile)
    for k in (2.0, 3.0, 2.0):
        assert same(eager(k), compiled(k), 1e-12), k


def an_object_with_slots() -> Any:
    @dataclasses.dataclass(slots=True)
    class Slotted:
        k: float

    slotted = Slotted(2.0)
    return lambda x: x * slotted.k


def a_class_that_counts() -> Any:
    class Counter:
        n = 0

        def __call__(self, x: Any) -> Any:
            type(self).n += 1
            return x * self.n

    return Counter()


def a_choice_by_type() -> Any:
    @functools.singledispatch
    def twice(x: Any) -> Any:
        return None

    @twice.register
    def _(x: np.ndarray) -> Any:
        return 2 * x

    return lambda x: twice(x)


@pytest.mark.parametrize(("make", "words"), [
    (an_object_with_slots, "__slots__"), (a_class_that_counts, "attribute of a class"), (a_choice_by_type, "singledispatch"),
])  # fmt: skip
def test_what_cannot_be_seen_is_refused(make: Any, words: str) -> None:
    found = observed(lambda: tg.compile(make())(X))
    assert found.refused
    assert found.error is not None
    assert words in found.error[1]
