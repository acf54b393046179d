"""All ways from a cotangent to those of the inputs agree, for every primitive and whichever inputs need one."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest

from tests.helpers.samples import DOMAINS, SAMPLES, Sample, draw
from tinygrad_lite import Tensor, errors
from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.broadcasting import unbroadcast
from tinygrad_lite.core.graph import Primitive, pull_any
from tinygrad_lite.core.primitives import TABLE

WITH_RULES = {name: samples for name, samples in SAMPLES.items() if TABLE[name].vjps is not None}
OPERATORS = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
    "matmul": operator.matmul, "power": operator.pow,
}  # fmt: skip
SHAPES = [
    ((2, 3), (3,)),
    ((3,), (2, 3)),
    ((), (2, 3)),
    ((2, 3), ()),
    ((2, 1), (1, 3)),
    ((1,), ()),
    ((), ()),
    ((0, 3), (1, 3)),
]
WHERE_SHAPES = [((2, 3), (3,), ()), ((3,), (2, 1), (2, 3)), ((), (3,), (2, 3)), ((3,), (), ())]


def variants(name: str) -> Iterator[tuple[Sample, str]]:
    """The samples of a primitive; again in float32 and half of each; and, of two operands, in shapes that broadcast."""
    for sample in WITH_RULES[name]:
        yield sample, "as it is"
        small = [x.astype(np.float32) for x in sample.floats]
        mixed = [x.astype((np.float32, np.float64)[i % 2]) for i, x in enumerate(sample.floats)]
        for floats, what in ((small, "float32"), (mixed, "mixed")):
            yield Sample(sample.primitive, tuple(sample.with_floats(floats)), np.positive, sample.params), what
    if name in DOMAINS and len(DOMAINS[name]) == 2:
        for shapes in SHAPES:
            inputs = [draw(d, s, i) for i, (d, s) in enumerate(zip(DOMAINS[name], shapes, strict=True))]
            for kinds in ((np.float64, np.float64), (np.float32, np.float64), (np.float16, np.float32)):
                cast = tuple(x.astype(k)[()] for x, k in zip(inputs, kinds, strict=True))
                yield Sample(TABLE[name], cast, np.positive), "broadcast"
    if name == "where":
        for shapes in WHERE_SHAPES:
            inputs = [draw(d, s, i) for i, (d, s) in enumerate(zip(DOMAINS[name], shapes, strict=True))]
            yield Sample(p.where, tuple(inputs), np.positive), "broadcast"


def upstream_for(node: Any) -> Any:
    g = draw((0.3, 1.3), node.shape, 5).astype(node.dtype)
    return g if isinstance(node._array, np.ndarray) else g[()]


def cotangents(pairs: Any) -> dict[int, Any]:
    found = {id(x): c._array if isinstance(c, Tensor) else c for x, c in pairs}
    assert len(found) == len(list(pairs))
    return found


def agree(one: dict[int, Any], other: dict[int, Any], inputs: list[Any], exactly: bool = True) -> None:
    assert one.keys() == other.keys()
    by_id = {id(x): x for x in inputs}
    for key, c in one.items():
        assert (c.shape, c.dtype) == (other[key].shape, other[key].dtype) == (by_id[key].shape, by_id[key].dtype)
        if exactly:
            np.testing.assert_array_equal(c, other[key])
        else:
            tolerance = 4 * float(np.finfo(c.dtype).eps)
            np.testing.assert_allclose(c, other[key], rtol=tolerance, atol=tolerance)


def calls(sample: Sample, pattern: tuple[bool, ...], plain: bool) -> list[Any]:
    """The inputs as Tensors of which the pattern says which learn; plain: the others are arrays."""
    need = iter(pattern)
    inputs: list[Any] = []
    for x in sample.inputs:
        learns = x.dtype.kind == "f" and next(need)
        inputs.append(Tensor(x, requires_grad=learns) if learns or not plain else x)
    return inputs


@pytest.mark.parametrize("name", WITH_RULES)
@pytest.mark.parametrize("plain", [False, True], ids=["Tensors", "arrays"])
def test_every_pull_gives_the_same_for_every_pattern_of_inputs(name: str, plain: bool) -> None:
    seen = 0
    for sample, _ in variants(name):
        whole = calls(sample, (True,) * len(sample.floats), plain=False)
        everything = sample.primitive(*whole, **sample.params)
        g = upstream_for(everything)
        full = cotangents(pull_any(g, everything))
        by_place = {i: full[id(x)] for i, x in enumerate(whole) if id(x) in full}
        for pattern in product([False, True], repeat=len(sample.floats)):
            if not any(pattern):
                continue
            inputs = calls(sample, pattern, plain)
            node = sample.primitive(*inputs, **sample.params)
            learners = [x for x in inputs if isinstance(x, Tensor) and x.needs_grad]
            own = cotangents(node.pull(g, node))
            slow = cotangents(pull_any(g, node))
            agree(own, slow, learners)
            recorded = cotangents(pull_any(Tensor(g), node, recorded=True))
            agree(recorded, slow, learners, exactly=False)
            expected = {id(x): by_place[i] for i, x in enumerate(inputs) if id(x) in slow and i in by_place}
            agree(own, expected, learners)  # a pattern leaves out, and changes nothing of the rest
            if name != "where":
                assert own.keys() == {id(x) for x in learners}
            if len(node.inputs) == 2 and len(learners) == 2:
                agree(cotangents(sample.primitive.pull_both(g, node)), slow, learners)
            seen += 1
    assert seen >= 3


@pytest.mark.parametrize("name", OPERATORS)
def test_pythons_operators_make_the_nodes_that_the_primitive_makes(name: str) -> None:
    for sample, _ in variants(name):
        for pattern in product([False, True], repeat=2):
            inputs = [Tensor(x, requires_grad=need) for x, need in zip(sample.inputs, pattern, strict=True)]
            if not any(pattern):
                continue
            made, plain = OPERATORS[name](*inputs), sample.primitive(*inputs)
            np.testing.assert_array_equal(made._array, plain._array, strict=True)
            for node in (made, plain):
                assert (node.primitive, node.inputs) == (sample.primitive, tuple(inputs))
                assert node.needs_grad
                assert dict(node.params) == {}
                assert node.serial > max(x.serial for x in inputs)
            g = upstream_for(made)
            learners = [x for x in inputs if x.needs_grad]
            agree(cotangents(made.pull(g, made)), cotangents(plain.pull(g, plain)), learners)


@pytest.mark.parametrize("name", WITH_RULES)
def test_a_tensor_in_several_slots_gets_a_part_from_each(name: str) -> None:
    for sample in WITH_RULES[name]:
        shapes = {x.shape for x in sample.floats}
        if len(sample.floats) < 2 or len(shapes) > 1 or name == "concatenate":
            continue
        one = Tensor(np.abs(sample.floats[0]) + 0.5, requires_grad=True)
        inputs = [one if x.dtype.kind == "f" else x for x in sample.inputs]
        try:
            node = sample.primitive(*inputs, **sample.params)
        except ValueError:
            continue
        g = upstream_for(node)
        for pairs in (node.pull(g, node), pull_any(g, node)):
            assert [x is one for x, _ in pairs] == [True] * len(sample.floats)
        own, slow = (sum(c for _, c in pairs) for pairs in (node.pull(g, node), pull_any(g, node)))
        np.testing.assert_allclose(own, slow, rtol=1e-15)


@pytest.mark.parametrize("name", WITH_RULES)
def test_a_pull_changes_neither_its_cotangent_nor_any_value(name: str) -> None:
    for sample, _ in variants(name):
        inputs = calls(sample, (True,) * len(sample.floats), plain=False)
        node = sample.primitive(*inputs, **sample.params)
        g = upstream_for(node)
        kept = [np.array(a) for a in (g, node._array, *(x._array for x in inputs))]
        node.pull(g, node)
        pull_any(g, node)
        for a, before in zip((g, node._array, *(x._array for x in inputs)), kept, strict=True):
            np.testing.assert_array_equal(a, before, strict=True)


def test_a_rule_that_gives_a_shape_that_nothing_explains_is_named() -> None:
    Primitive("misshapen", lambda x: x.sum(), [lambda g, out, x: np.ones(7)], kind="reduction")
    try:
        node = TABLE["misshapen"](Tensor([1.0, 2.0], requires_grad=True))
        with pytest.raises(errors.ShapeError, match=r"misshapen.*\(7,\).*\(2,\)"):
            node.backward()
    finally:
        del TABLE["misshapen"]


def test_a_rule_of_a_wrong_shape_is_refused_even_if_the_sizes_agree() -> None:
    with pytest.raises(errors.ShapeError, match=r"\(3, 2\).*\(2, 3\)"):
        unbroadcast(np.ones((3, 2)), np.zeros((2, 3)), "wrong")
    assert unbroadcast(np.ones(3), np.zeros((3, 1)), "squeezed").shape == (3, 1)
