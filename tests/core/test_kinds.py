"""What the table says of an entry's kind is what its values do: on numbers, by changing one element at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest

from tests.helpers.samples import BOOL, DOMAINS, INTEGER, SAMPLES, Sample, draw
from tests.helpers.tensors import leaf
from tinygrad_lite import Tensor
from tinygrad_lite.core import graph
from tinygrad_lite.core.primitives import TABLE
from tinygrad_lite.errors import DomainError

EVERY = [s for samples in SAMPLES.values() for s in samples]


def of_kind(kind: str) -> Any:
    return pytest.mark.parametrize("sample", [s for s in EVERY if s.primitive.kind == kind], ids=str)


def distinct(sample: Sample) -> list[Any]:
    """Inputs whose elements are all different, in the sample's shapes and inside its domains where it has some."""
    domains = DOMAINS.get(sample.primitive.name)
    inputs = []
    for i, x in enumerate(sample.inputs):
        if x.dtype.kind != "f":
            inputs.append(x)
        else:
            inputs.append(draw(domains[i] if domains else (0.5, 2.0), x.shape, 60 + i))
    return inputs


# Values to try in the place of one, by the kind of dtype.
OTHERS: dict[str, Callable[[Any], tuple[Any, ...]]] = {
    "b": lambda x: (~x,),
    "i": lambda x: (x + 1, x + 2, x - 1),
    "f": lambda x: (x + 1e-3, x + 1.5, x - 1.5, 0.0, np.inf, np.nan),
}


def reached(sample: Sample, place: int) -> Any:
    """Which elements of the value change with which element of an input: shape (elements out, elements in)."""
    # What decomposes a matrix takes not any numbers: the samples themselves will do.
    inputs = [np.array(x) for x in (sample.inputs if sample.primitive.kind == "product" else distinct(sample))]
    x = inputs[place]
    first = np.array(sample.primitive(*inputs, **sample.params)).ravel()  # a copy: views would change along
    found = np.zeros((first.size, x.size), bool)
    for j, index in enumerate(np.ndindex(x.shape)):
        kept = x[index]
        for other in OTHERS[x.dtype.kind](kept):
            x[index] = other
            with np.errstate(all="ignore"):
                try:
                    now = np.ravel(sample.primitive(*inputs, **sample.params))
                except DomainError:
                    continue  # a matrix with nan, or one that has become singular
            found[:, j] |= ~((now == first) | (np.isnan(now) & np.isnan(first)))
        x[index] = kept
    return found


def test_every_entry_says_its_kind_and_each_kind_has_entries() -> None:
    kinds = set(get_args(graph.Kind))
    assert {entry.kind for entry in TABLE.values()} == kinds
    assert {TABLE[name].kind for name in ("add", "exp", "where", "astype", "copy")} == {"elementwise"}
    assert {TABLE[name].kind for name in ("sum", "max", "argmin", "any")} == {"reduction"}
    assert {TABLE[name].kind for name in ("matmul", "einsum")} == {"product"}
    assert {TABLE[name].kind for name in ("reshape", "transpose", "getitem", "concatenate")} == {"shape"}


@of_kind("elementwise")
def test_an_element_of_an_elementwise_entry_depends_on_one_element_of_each_input(sample: Sample) -> None:
    shape = np.shape(sample.primitive(*sample.inputs, **sample.params))
    for place, x in enumerate(sample.inputs):
        if x.size * int(np.prod(shape)) > 10_000:
            continue
        own = np.broadcast_to(np.arange(x.size).reshape(x.shape), shape).ravel()
        allowed = np.zeros((own.size, x.size), bool)
        allowed[np.arange(own.size), own] = True
        found = reached(sample, place)
        assert not (found & ~allowed).any()
        if found.size and sample.primitive.name not in ("equal", "not_equal", "heaviside"):  # equal ones are not tried
            assert found.any()


@of_kind("elementwise")
def test_the_jacobian_of_an_elementwise_entry_is_diagonal(sample: Sample) -> None:
    if sample.primitive.vjps is None or np.size(sample.primitive(*sample.inputs, **sample.params)) > 100:
        return
    inputs = [leaf(x) if x.dtype.kind == "f" else x for x in distinct(sample)]
    node = sample.primitive(*inputs, **sample.params)
    for x in inputs:
        if not isinstance(x, Tensor):
            continue
        own = np.broadcast_to(np.arange(x.size).reshape(x.shape), node.shape).ravel()
        for i in range(node.size):
            seed = np.zeros(node.shape)
            seed.flat[i] = 1.0
            x.zero_grad()
            node.backward(seed)
            elsewhere = np.delete(np.ravel(x.grad.numpy()), own[i])  # type: ignore[union-attr]
            np.testing.assert_array_equal(elsewhere, 0.0)


@of_kind("reduction")
def test_a_reduction_takes_axes_away_and_depends_on_what_lay_along_them(sample: Sample) -> None:
    (x,) = sample.inputs
    axis, keepdims = sample.params["axis"], sample.params["keepdims"]
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(a % max(x.ndim, 1) for a in axes)
    kept = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    value = np.asarray(sample.primitive(x, **sample.params))
    assert value.shape == (kept if keepdims else tuple(n for i, n in enumerate(x.shape) if i not in axes))
    own = np.broadcast_to(np.arange(value.size).reshape(kept), x.shape).ravel()
    allowed = np.arange(value.size)[:, None] == own
    found = reached(sample, 0)
    assert not (found & ~allowed).any()
    assert found.any() or x.size == 1


@of_kind("shape")
def test_an_entry_of_shape_moves_elements_and_computes_nothing(sample: Sample) -> None:
    inputs = distinct(sample)
    given = {v for x in inputs if x.dtype.kind == "f" for v in np.ravel(x).tolist()}
    value = sample.primitive(*inputs, **sample.params)
    assert set(np.ravel(value).tolist()) <= given
    assert value.dtype == inputs[0].dtype
    for place, x in enumerate(inputs):
        if x.dtype.kind == "f":
            found = reached(sample, place)
            assert (found.sum(axis=1) <= 1).all()  # each element comes from one place


@of_kind("product")
def test_an_entry_called_product_is_none_of_the_simpler_kinds(sample: Sample) -> None:
    for other in SAMPLES[sample.primitive.name]:  # one sample may be simple; not all of one entry
        depends = [reached(other, i).sum(axis=1) for i, x in enumerate(other.inputs) if x.dtype.kind == "f"]
        if any((d > 1).any() for d in depends):
            return
    pytest.fail(f"{sample.primitive.name} could be of a simpler kind")


# --- memory ----------------------------------------------------------------------------------------------------------


# Large inputs, because small ones may be copied; and calls that leave all as it is, because those may be views.
MORE_VIEWS: dict[str, list[tuple[tuple[int, ...], dict[str, Any]]]] = {
    "broadcast_to": [((100, 1), {"shape": (100, 100)})], "reshape": [((80, 80), {"shape": (6400,)})],
    "transpose": [((80, 80), {"axes": (1, 0)})], "getitem": [((80, 80), {"index": (slice(None), slice(1, 5))})],
    "identity": [((80, 80), {})],
}  # fmt: skip
NOT_VIEWS: dict[str, list[tuple[tuple[int, ...], dict[str, Any]]]] = {
    "einsum": [((9, 9), {"subscripts": s}) for s in ("ij->ji", "ii->i", "ij->ij", "ij->j")],
    "sum": [((9, 9), {"axis": (), "keepdims": k}) for k in (False, True)] + [((9, 1), {"axis": 1, "keepdims": True})],
    "max": [((9, 9), {"axis": (), "keepdims": False}), ((9, 1), {"axis": 1, "keepdims": False})],
    "min": [((1, 9), {"axis": 0, "keepdims": False})],
    "cumsum": [((1, 9), {"axis": 0})],
    "astype": [((9, 9), {"dtype": np.dtype(float)})],
    "concatenate": [((9, 9), {"axis": 0})],
    "copy": [((9, 9), {})], "stop_gradient": [((9, 9), {})], "rint": [((9, 9), {})],
    "scatter": [((9, 9), {"index": (slice(None), slice(None)), "shape": (9, 9)})],
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_only_entries_that_are_marked_as_views_share_memory_with_an_input(name: str) -> None:
    entry = TABLE[name]
    cases = [([np.array(x) for x in sample.inputs], sample.params) for sample in SAMPLES[name]]
    cases += [([draw((0.5, 2.0), s)], params) for s, params in MORE_VIEWS.get(name, []) + NOT_VIEWS.get(name, [])]
    if name == "where":
        for share in (False, True):
            cases += [([np.full((80, 80), share), np.ones((80, 80)), np.zeros((80, 80))], {})]
    if name == "matmul":
        cases += [([np.eye(9), np.ones((9, 9))], {})]
    shared = []
    for inputs, params in cases:
        value = entry.value(*inputs, **params)
        shared += [np.shares_memory(value, x) for x in inputs]
        for x in inputs[1:]:  # a view is of the first input only: the walk to its leaf goes there
            assert not np.shares_memory(value, x)
    assert any(shared) == entry.view


@pytest.mark.parametrize("name", [n for n in TABLE if TABLE[n].vjps is not None])
def test_where_a_cotangent_shares_memory_it_is_with_the_upstream_gradient_only(name: str) -> None:
    for sample in SAMPLES[name]:
        inputs = [leaf(x) if x.dtype.kind == "f" else x for x in sample.inputs]
        node = sample.primitive(*inputs, **sample.params)
        g = np.ones(node.shape)
        for x, c in node.pull(g, node):
            for other in (node, *inputs):
                data = other._array if isinstance(other, Tensor) else other
                assert not np.shares_memory(c, data), f"the cotangent of an input of shape {x.shape}"


def test_domains_and_kinds_name_the_same_entries() -> None:
    # These are elementwise, too, with parameters of their own.
    others = {"broadcast_to", "astype", "astype_integer", "round", "angle", "sinc_slope"}
    assert {name for name, entry in TABLE.items() if entry.kind == "elementwise"} == set(DOMAINS) | others
    assert all(d in (BOOL, INTEGER) or d[0] < d[1] for domains in DOMAINS.values() for d in domains)
