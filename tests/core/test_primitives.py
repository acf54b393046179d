"""Every entry of the table, by its being there: value, derivatives, dtypes, shapes. Kinks: test_kinks.py."""

from __future__ import annotations

import inspect
from string import Formatter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import tinygrad_lite as tg
from tests.helpers.differences import close, difference_gradients, summed_to
from tests.helpers.grouped import in_groups
from tests.helpers.samples import BOOL, DOMAINS, SAMPLES, Sample, draw
from tests.helpers.tensors import leaves
from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.primitives import TABLE
from tinygrad_lite.core.slots import SLOT

EVERY = [s for samples in SAMPLES.values() for s in samples]
SMOOTH = [s for s in EVERY if s.primitive.vjps is not None]
FLAT = [s for s in EVERY if s.primitive.vjps is None]
ELEMENTWISE = sorted(DOMAINS)
WITH_RULES = [n for n in ELEMENTWISE if TABLE[n].vjps is not None]
OF_TWO = [n for n in WITH_RULES if len(DOMAINS[n]) > 1]


def by_primitive(sample: Sample) -> str:
    return sample.primitive.name


every = in_groups("sample", EVERY, by_primitive)
smooth = in_groups("sample", SMOOTH, by_primitive)
elementwise = pytest.mark.parametrize("name", WITH_RULES)
of_two = pytest.mark.parametrize("name", OF_TWO)


def weights(sample: Sample, seed: int = 7) -> Any:
    """An upstream gradient for the sample's value."""
    return draw((0.3, 1.3), np.shape(sample(*sample.floats)), seed)


def pulled(name: str, inputs: Any, upstream: Any) -> list[Any]:
    """The value of a primitive, and the cotangents of its floating-point inputs."""
    floats = [x for x in inputs if x.dtype.kind == "f"]
    whole = Sample(TABLE[name], tuple(inputs), np.positive)
    value, pullback = tg.vjp(whole, *floats)
    return [value, *pullback(np.broadcast_to(upstream, np.shape(value)))]


def test_no_entry_is_without_samples() -> None:
    assert sorted(SAMPLES) == sorted(TABLE)


# --- value and derivatives -------------------------------------------------------------------------------------


@every
def test_the_value_is_numpys(sample: Sample) -> None:
    expected = sample.reference(*sample.inputs, **sample.params)
    plain = sample(*sample.floats)
    recorded = sample.primitive(*leaves(sample.floats), **sample.params) if _only_floats(sample) else None
    for got in (plain, recorded.numpy() if recorded is not None else plain):
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got, expected, strict=True)


def _only_floats(sample: Sample) -> bool:
    return len(sample.floats) == len(sample.inputs)


@smooth
def test_the_first_derivative_is_the_limit_of_differences(sample: Sample) -> None:
    u = weights(sample)
    _, pullback = tg.vjp(sample, *sample.floats)
    expected = difference_gradients(lambda *xs: (sample(*xs) * u).sum(), sample.floats)
    for got, want in zip(pullback(u), expected, strict=True):
        close(got, want, 1e-10)


@smooth
def test_the_second_derivative_is_the_limit_of_differences(sample: Sample) -> None:
    u = weights(sample)
    places = tuple(range(len(sample.floats)))
    directions = [draw((-1.0, 1.5), x.shape, 20 + i) for i, x in enumerate(sample.floats)]
    slopes = tg.grad(lambda *xs: (sample(*xs) * u).sum(), places)

    def change(*xs: Any) -> Any:
        return sum((g * d).sum() for g, d in zip(slopes(*xs), directions, strict=True))

    got = tg.grad(change, places)(*sample.floats)
    for one, want in zip(got, difference_gradients(change, sample.floats), strict=True):
        close(one, want, 1e-9)


@smooth
def test_jvp_and_vjp_are_adjoint(sample: Sample) -> None:
    u = weights(sample)
    directions = [draw((-1.0, 1.5), x.shape, 40 + i) for i, x in enumerate(sample.floats)]
    value, change = tg.jvp(sample, tuple(sample.floats), tuple(directions))
    np.testing.assert_array_equal(value, sample(*sample.floats))
    _, pullback = tg.vjp(sample, *sample.floats)
    pairs = list(zip(pullback(u), directions, strict=True))
    left, right = np.sum(change * u), sum(np.sum(g * v) for g, v in pairs)
    scale = sum(np.sum(np.abs(g * v)) for g, v in pairs)
    assert abs(left - right) <= 1e-12 * scale


@in_groups("sample", FLAT, by_primitive)
def test_an_entry_without_rules_is_recorded_but_passes_no_gradient(sample: Sample) -> None:
    inputs = [x if x.dtype.kind != "f" else tg.Tensor(x, requires_grad=True) for x in sample.inputs]
    inputs = [tg.Tensor(x, name="n") if x.dtype.kind == "i" else x for x in inputs]
    inputs = [np.greater(tg.Tensor(x.astype(float), requires_grad=True), 0.5) if x.dtype == bool else x for x in inputs]
    made = sample.primitive(*inputs, **sample.params)
    assert made.primitive is sample.primitive
    assert not made.requires_grad
    assert all(a is b for a, b in zip(made.inputs, inputs, strict=True))
    np.testing.assert_array_equal(made.numpy(), sample.reference(*sample.inputs, **sample.params))
    with pytest.raises(tg.errors.GradientError, match="tracks a gradient"):
        made.backward(np.ones(made.shape))


def _has_slots(sample: Sample) -> bool:
    """Whether an index has arrays in it, which the readers spell."""
    index = sample.params.get("index")
    return isinstance(index, tuple) and SLOT in index


# --- the notation --------------------------------------------------------------------------------------------------


@in_groups("sample", [s for s in EVERY if not _has_slots(s)], by_primitive)
def test_the_source_computes_the_value(sample: Sample) -> None:
    names = [f"x{i}" for i in range(len(sample.inputs))]
    text = sample.primitive.source.format(*names, inputs=", ".join(names), **sample.params)
    scope = {name: entry for name, entry in TABLE.items()} | dict(zip(names, sample.inputs, strict=True))
    if sample.primitive is p.scatter:
        text = text.replace(f", {sample.params['index']}, ", f", index={sample.params['index']}, shape=")
    got = eval(text, {"np": np, "Ellipsis": Ellipsis}, scope)
    np.testing.assert_array_equal(got, sample.reference(*sample.inputs, **sample.params))


@pytest.mark.parametrize("name", [n for n in TABLE if TABLE[n].vjps is not None])
def test_rules_take_the_same_keywords_as_the_value(name: str) -> None:
    def defaults(function: Any) -> dict[str, Any]:
        if isinstance(function, np.ufunc):  # with keywords that no rule sees
            return {}
        parameters = inspect.signature(function).parameters.values()
        return {q.name: q.default for q in parameters if q.kind is q.KEYWORD_ONLY and q.default is not q.empty}

    entry = TABLE[name]
    for rule in entry.vjps if isinstance(entry.vjps, tuple) else [entry.vjps]:
        assert defaults(rule) == defaults(entry.value)


@every
def test_the_text_names_the_inputs_and_leaves_no_hole(sample: Sample) -> None:
    names = [f"x{i}" for i in range(len(sample.inputs))]
    text = sample.primitive.text.format(*names, inputs=", ".join(names), over=" over 0", **sample.params)
    assert all(name in text for name in names[: len(sample.floats)])  # the readers spell the arrays of an index
    assert "{" not in text.replace(str(sample.params), "")


@pytest.mark.parametrize("name", TABLE)
def test_text_and_source_have_holes_only_for_what_a_call_has(name: str) -> None:
    entry, samples = TABLE[name], SAMPLES[name]
    called = {key for sample in samples for key in sample.params}
    places = {str(i) for i in range(min(len(sample.inputs) for sample in samples))} | {"inputs"}
    for notation, more in ((entry.text, {"over"} if "axis" in called else set()), (entry.source, set())):
        holes = {hole for _, hole, _, _ in Formatter().parse(notation) if hole is not None}
        assert holes <= places | called | more
        assert holes
    assert entry.symbol
    assert "{" not in entry.symbol


# --- dtypes ----------------------------------------------------------------------------------------------------------


@in_groups("sample", [s for s in SMOOTH if s.primitive is not p.astype], by_primitive)
def test_float32_stays_float32_in_value_and_gradient(sample: Sample) -> None:
    small = [x.astype(np.float32) for x in sample.floats]
    u = weights(sample)
    value, pullback = tg.vjp(sample, *small)
    assert value.dtype == np.float32
    close(value, sample(*[x.astype(float) for x in small]), 2e-6)
    exact = tg.vjp(sample, *[x.astype(float) for x in small])[1](u)
    for got, want in zip(pullback(u.astype(np.float32)), exact, strict=True):
        assert got.dtype == np.float32
        close(got, want, 2e-6)


@of_two
@pytest.mark.parametrize("scalar", [1.25, 1], ids=["float", "int"])
@pytest.mark.parametrize("shape", [(2, 3), ()], ids=["array", "scalar"])
def test_a_python_number_takes_its_partners_dtype(name: str, scalar: float, shape: tuple[int, ...]) -> None:
    arrays = [draw(d, shape, i) for i, d in enumerate(DOMAINS[name])]
    arrays = [x.astype(np.float32) if x.dtype.kind == "f" else x for x in arrays]
    for place in (len(arrays) - 1, len(arrays) - 2):
        inputs: list[Any] = [tg.Tensor(x, x.dtype.kind == "f") for x in arrays]
        inputs[place] = scalar
        value = TABLE[name](*inputs)
        assert value.dtype == np.float32
        wide = [x if x is scalar else x.numpy() for x in inputs]
        wide = [x.astype(float) if getattr(x, "dtype", None) == np.float32 else x for x in wide]
        close(value.numpy(), TABLE[name](*wide), 1e-6)
        value.backward(np.ones(shape))
        tracked = [x for x in inputs if x is not scalar and x.requires_grad]
        assert [x.grad.dtype for x in tracked] == [np.float32] * len(tracked)


def test_astype_passes_the_gradient_back_in_the_old_dtype() -> None:
    x = tg.Tensor(draw((-1.0, 1.0), (3,)), requires_grad=True)
    small = p.astype(x, dtype=np.dtype(np.float32))
    assert small.dtype == np.float32
    np.testing.assert_array_equal(small.numpy(), x.numpy().astype(np.float32))
    small.backward(np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(x.grad.numpy(), [1.0, 2.0, 3.0])
    assert x.grad.dtype == np.float64


@of_two
def test_mixed_dtypes_give_each_input_a_gradient_of_its_own_dtype(name: str) -> None:
    arrays = [draw(d, (2, 3), i) for i, d in enumerate(DOMAINS[name])]
    arrays[-1] = arrays[-1].astype(np.float32)
    value, *slopes = pulled(name, arrays, 1.0)
    assert value.dtype == np.float64
    assert [g.dtype for g in slopes] == [x.dtype for x in arrays if x.dtype.kind == "f"]


# --- shapes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3])
@given(data=st.data())
def test_broadcasting_in_every_direction(count: int, data: st.DataObject) -> None:
    shapes = data.draw(mutually_broadcastable_shapes(num_shapes=count, min_side=0, max_side=3, max_dims=3))
    names = [n for n in ELEMENTWISE if len(DOMAINS[n]) == count]
    assert names
    for name in names:
        broadcasts(name, shapes.input_shapes, shapes.result_shape)


def broadcasts(name: str, shapes: Any, result: tuple[int, ...]) -> None:
    """Value and gradients are those of the inputs in the shape of the result, summed over the copies."""
    inputs = [draw(d, s, i) for i, (d, s) in enumerate(zip(DOMAINS[name], shapes, strict=True))]
    spread = [np.broadcast_to(x, result).copy() for x in inputs]
    if TABLE[name].vjps is None:
        np.testing.assert_array_equal(TABLE[name](*map(tg.Tensor, inputs)).numpy(), TABLE[name](*spread))
        return
    u = draw((0.5, 1.5), result, 9)
    value, *slopes = pulled(name, inputs, u)
    whole, *full = pulled(name, spread, u)
    np.testing.assert_array_equal(value, whole, strict=True)
    for got, want, x in zip(slopes, full, [x for x in inputs if x.dtype.kind == "f"], strict=True):
        close(got, summed_to(want, x.shape), 1e-13)


@of_two
def test_one_tensor_in_both_slots_gets_both_parts(name: str) -> None:
    condition = [draw(BOOL, (3,))] if DOMAINS[name][0] == BOOL else []
    x = np.array([0.7, 1.3, 2.1])  # inside every domain

    def twice(x: Any) -> Any:
        return (TABLE[name](*condition, x, x) * np.array([1.0, 2.0, 3.0])).sum()

    close(tg.grad(twice)(x), difference_gradients(twice, [x])[0], 1e-10)
    second = lambda x: (tg.grad(twice)(x) * np.array([1.0, -1.0, 0.5])).sum()  # noqa: E731
    if name not in ("maximum", "minimum", "fmax", "fmin"):  # ties all over: constant slopes, no differences of them
        close(tg.grad(second)(x), difference_gradients(second, [x])[0], 1e-9)


@pytest.mark.parametrize(
    "twice",
    [
        lambda x: p.matmul(x, x),
        lambda x: p.einsum(x, x, subscripts="ij,jk->ik"),
        lambda x: p.einsum(x, x, x, subscripts="ij,jk,ki->i"),
        lambda x: p.concatenate(x, x, x, axis=1),
    ],
    ids=["matmul", "einsum", "einsum of three", "concatenate"],
)
def test_one_matrix_in_several_slots_gets_all_parts(twice: Any) -> None:
    x = draw((-2.0, 2.0), (3, 3))
    u = draw((0.5, 1.5), twice(x).shape, 3)
    cost = lambda x: (twice(x) * u).sum()  # noqa: E731
    close(tg.grad(cost)(x), difference_gradients(cost, [x])[0], 1e-10)


@elementwise
@pytest.mark.parametrize("make", [np.float64, np.asarray], ids=["NumPy scalar", "0-d array"])
def test_a_scalar_is_a_tensor_of_shape_0(name: str, make: Any) -> None:
    row = [draw(d, (3,), i) for i, d in enumerate(DOMAINS[name])]
    whole, *slopes = pulled(name, row, 1.0)
    for k in range(3):
        inputs = [make(x[k]) if x.dtype.kind == "f" else np.asarray(x[k]) for x in row]
        value, *got = pulled(name, inputs, 1.0)
        assert all(np.shape(x) == () for x in (value, *got))
        np.testing.assert_allclose(value, whole[k], rtol=4e-16)  # NumPy's loops over arrays may round differently
        np.testing.assert_allclose(got, [g[k] for g in slopes], rtol=1e-15)


@elementwise
@pytest.mark.parametrize("shape", [(0,), (2, 0, 3)])
def test_empty_arrays_have_empty_gradients(name: str, shape: tuple[int, ...]) -> None:
    value, *slopes = pulled(name, [draw(d, shape) for d in DOMAINS[name]], 1.0)
    assert value.shape == shape
    assert all(g.shape == shape for g in slopes)


def test_sums_over_nothing_are_0_and_their_gradients_empty() -> None:
    value, pullback = tg.vjp(lambda x: p.sum_(x, axis=None, keepdims=False), np.empty((2, 0)))
    assert value == 0.0
    assert pullback(1.0)[0].shape == (2, 0)


@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin"])
def test_the_largest_of_nothing_is_an_error_that_shows_the_shape(name: str) -> None:
    with pytest.raises(tg.errors.ShapeError, match=r"\(2, 0\)"):
        TABLE[name](tg.Tensor(np.empty((2, 0)), requires_grad=True), axis=1, keepdims=False)


@smooth
def test_views_with_strange_strides_are_as_good_as_copies(sample: Sample) -> None:
    def strided(x: Any) -> Any:
        """x itself, seen through a reversed and interleaved array."""
        if x.ndim == 0:
            return x
        wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]))
        wide[..., ::2] = x
        return np.asfortranarray(wide[::-1])[::-1, ..., ::2] if x.ndim > 1 else wide[::2]

    views = [strided(x) for x in sample.floats]
    assert all(np.array_equal(v, x) for v, x in zip(views, sample.floats, strict=True))
    u = weights(sample)
    expected = tg.vjp(sample, *sample.floats)[1](u)
    through_views = tg.vjp(sample, *views)[1](strided(u))
    inside = tg.vjp(lambda *xs: sample(*[_turned(x) for x in xs]), *sample.floats)[1](u)  # strides within the graph
    for want, one, other in zip(expected, through_views, inside, strict=True):
        close(one, want, 1e-14)
        close(other, want, 1e-14)


def _turned(x: Any) -> Any:
    """x with the same numbers but backward strides: reversed, copied by a product, and reversed again."""
    axes = tuple(range(x.ndim))
    backwards = (slice(None, None, -1),) * x.ndim
    return p.transpose((p.transpose(x, axes=axes[::-1]) * 1.0)[backwards], axes=axes[::-1])[backwards]
