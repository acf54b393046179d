"""Composites of the user's that run as programs: one node, the numbers of the body, and its nodes for whoever looks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.composites import body_only, fold_at_once, programs_of, programs_run
from tests.helpers.observed import observed
from tests.helpers.tensors import gradient, leaf
from tests.helpers.threads import in_threads
from tinygrad_lite.errors import StaleGraphError
from tinygrad_lite.programs import just_in_time
from tinygrad_lite.programs.folded import Folded

pytestmark = programs_run

Function = Callable[..., Any]
Z = np.array([[0.3, -1.0, 2.0], [0.0, 4.0, -0.5]])
Y = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
SCALE: Any = 2.0


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    fold_at_once(monkeypatch)


def swish(z: Any) -> Any:
    return z * tg.sigmoid(z)


def entropy(z: Any, y: Any, axis: int = -1) -> Any:
    s = z - np.max(z, axis=axis, keepdims=True)
    return -np.mean(np.sum(y * (s - np.log(np.sum(np.exp(s), axis=axis, keepdims=True))), axis=axis))


def scaled(z: Any) -> Any:
    return np.tanh(SCALE * z) * z


def described(result: Any) -> list[Any]:
    """The graph of a result, as far as two graphs can be compared."""
    nodes = tg.graph(result)
    places = {node: i for i, node in enumerate(nodes)}

    def value(x: Any) -> Any:
        return places[x] if isinstance(x, tg.Tensor) else np.asarray(x).tobytes()

    calls = [[*_names(node.call)] for node in nodes]
    return [
        (node.primitive and node.primitive.name, [value(x) for x in node.inputs], dict(node.params), node.needs_grad,
         node.name, call, node.data.shape)
        for node, call in zip(nodes, calls, strict=True)
    ]  # fmt: skip


def _names(call: Any) -> Any:
    while call is not None:
        yield call.name, call.output is not None
        call = call.parent


CASES: dict[str, tuple[Function, Callable[[], tuple[tuple[Any, ...], dict[str, Any]]]]] = {
    "a tensor": (swish, lambda: ((leaf(Z),), {})),
    "an array beside it": (entropy, lambda: ((leaf(Z), Y.copy()), {})),
    "a keyword": (entropy, lambda: ((leaf(Z),), {"y": leaf(Y), "axis": 0})),
    "a global": (scaled, lambda: ((leaf(Z),), {})),
    "a number": (lambda z: z**3 / (1.0 + z * z), lambda: ((leaf(0.7),), {})),
    "float32": (swish, lambda: ((leaf(Z.astype(np.float32)),), {})),
    "composites in it": (lambda z: tg.composite(swish)(z) + tg.softmax(tg.composite(swish)(2.0 * z)), lambda: ((leaf(Z),), {})),
    "lists and dicts": (lambda z, p: (z @ p["w"] + p["b"][0]) ** 2, lambda: ((leaf(Z), {"w": leaf(Z.T), "b": [leaf(1.0), 2]}), {})),
    "the same twice": (lambda u, v: u * np.exp(v), lambda: ((leaf(Z),) * 2, {})),
    "a constant tensor": (lambda u, v: u * np.exp(v), lambda: ((leaf(Z), tg.Tensor(Z, name="v")), {})),
    "an unused tensor": (lambda u, v: np.exp(u) * v.shape[0], lambda: ((leaf(Z), leaf(Z)), {})),
    "labels": (lambda z, y: np.log(z[np.arange(2), y] ** 2), lambda: ((leaf(Z), np.array([0, 2])), {})),
    "a computed tensor": (swish, lambda: ((leaf(Z) * 2.0,), {})),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_call_is_one_node_that_unfolds_to_the_nodes_of_the_body(name: str) -> None:
    body, make = CASES[name]
    f = tg.composite(body)
    args, kwargs = make()
    outer = leaf(1.5)
    results = []
    for function in (body_only(body), f, f):
        result = function(*args, **kwargs) * outer
        tensors = [t for t in tg.graph(result) if t.requires_grad and t.primitive is None]
        results.append((result, tensors))
    first, *others = results
    (variant,) = programs_of(f).variants
    assert programs_of(f).refused == {}
    for result, _ in others:
        assert described(result) == described(first[0])
        np.testing.assert_allclose(result.numpy(), first[0].numpy(), rtol=1e-14)
    assert variant[1].doubts == 0


@pytest.mark.parametrize("name", CASES)
def test_gradients_and_second_derivatives_are_those_of_the_body(name: str) -> None:
    body, make = CASES[name]
    f, found = tg.composite(body), []
    args, kwargs = make()
    leaves = [t for t in tg.graph(body(*args, **kwargs)) if t.requires_grad and t.primitive is None]
    for function in (body_only(body), f):
        result = function(*args, **kwargs)
        assert (type(result) is Folded) == (function is f)
        one = np.cos(np.arange(result.size)).reshape(result.shape).astype(result.dtype)[()]
        first = tg.pull_back([result], [one], leaves)
        assert (type(result) is Folded) == (function is f)
        slopes = tg.pull_back([function(*args, **kwargs)], [one], leaves, create_graph=True)
        total = sum((np.sin(s).sum() for s in slopes), start=tg.Tensor(0.0))
        found.append([*first, *tg.pull_back([total], [np.ones((), total.dtype)[()]], leaves)])
    tolerance = 1e-5 if result.dtype == np.float32 else 1e-13
    for one, other in zip(*found, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            assert type(one) is type(other)
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance, strict=True)


def test_a_program_is_made_when_a_signature_has_come_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(just_in_time, "_EVERY", 3)
    monkeypatch.setattr(just_in_time, "_LOOKS", 4)
    f, z = tg.composite(swish), leaf(Z)
    assert [type(f(z)) is Folded for _ in range(14)] == [False] * 11 + [True] * 3
    assert type(f(leaf(Z[0]))) is not Folded  # another signature begins anew


def test_what_has_hardly_a_line_runs_as_its_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(just_in_time, "_FEWEST", 3)
    f, g, z = tg.composite(lambda z: 2.0 * z), tg.composite(swish), leaf(Z)
    assert type(f(z)) is not Folded
    assert type(g(z)) is Folded


@pytest.mark.slow
def test_programs_and_what_is_counted_are_bounded() -> None:
    f = tg.composite(swish)
    for size in range(1, 30):
        f(leaf(np.ones(size)))
    assert len(programs_of(f).variants) == just_in_time._MOST
    assert len(programs_of(f)._looks) <= just_in_time._MOST_SEEN


# --- what changes between a call and a look -----------------------------------------------------------------------------


def test_the_callers_array_may_change_after_the_call() -> None:
    y, z = Y.copy(), leaf(Z)
    f = tg.composite(entropy)
    f(z, y)
    cost, again = f(z, y), f(z, y)
    y[:] = 7.0
    cost.backward()
    expected = tg.grad(lambda z: entropy(z, Y))(Z)
    np.testing.assert_allclose(gradient(z), expected, atol=1e-16)
    assert again.primitive is not None  # the body runs on the array as it was
    np.testing.assert_allclose(tg.pull_back([again], [np.float64(1)], [z])[0], expected, atol=1e-16)


@pytest.mark.parametrize("look", [False, True])
def test_a_global_that_changes_is_read_anew_and_what_was_computed_stays(
    look: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    f, z = tg.composite(scaled), leaf(Z)
    a = f(z)
    monkeypatch.setitem(globals(), "SCALE", 5.0)
    if look:
        assert a.primitive is not None
    np.testing.assert_allclose(tg.pull_back([a], [Z], [z])[0], Z * slope(2.0), rtol=1e-14)
    b = f(z)
    assert type(b) is Folded
    np.testing.assert_allclose(b.numpy(), np.tanh(5.0 * Z) * Z, rtol=1e-15)
    np.testing.assert_allclose(tg.pull_back([b], [Z], [z])[0], Z * slope(5.0), rtol=1e-14)


def slope(scale: float) -> Any:
    """The derivative of `scaled`, by the bodies of what it is made of."""
    return tg.grad(lambda z: np.sum(np.tanh(scale * z) * z))(Z)


class Layer:
    def __init__(self) -> None:
        self.w, self.b, self.slope = leaf(Z.T.copy()), leaf([0.5, -0.5]), 0.1

    @tg.composite
    def __call__(self, x: Any) -> Any:
        z = x @ self.w + self.b
        return np.where(z > 0, z, self.slope * z)


def test_a_method_reads_its_parameters_and_brings_them_gradients() -> None:
    layer, x = Layer(), leaf(Z)
    for step in range(4):
        for t in (layer.w, layer.b, x):
            t.zero_grad()
        out = layer(x)
        assert type(out) is Folded
        out.sum().backward()
        got = [gradient(t) for t in (layer.w, layer.b, x)]
        body = Layer.__call__.__wrapped__(layer, x)
        wanted = tg.pull_back([body], [np.ones((2, 2))], [layer.w, layer.b, x])
        for one, other in zip(got, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-15)
        tg.optim.SGD([layer.w, layer.b], 0.1).step()
        layer.slope = 0.1 * step  # by value: a program of its own
    layer.w = leaf(np.ones((3, 2)))
    np.testing.assert_array_equal(layer(x).numpy(), Layer.__call__.__wrapped__(layer, x).numpy())


def test_a_parameter_that_was_updated_or_frozen_since_is_as_in_a_graph_of_the_body() -> None:
    layer, x = Layer(), leaf(Z)
    layer(x)
    out = layer(x)
    layer.w.requires_grad = False
    (out * out).sum().backward()
    assert layer.w.grad is None
    assert x.grad is not None
    layer.w.requires_grad = True
    out, looked_at = layer(x), layer(x)
    tg.optim.SGD([layer.b], 0.1).step()
    layer.b.data = [1.0, 1.0]
    with pytest.raises(StaleGraphError):
        out.sum().backward()
    with pytest.raises(StaleGraphError):
        tg.graph(looked_at)


# --- what stays a body --------------------------------------------------------------------------------------------------

SEEN: list[Any] = []
LINE: deque[Any] = deque()
NUMBERS: set[int] = set()


def branches(z: Any) -> Any:
    return z * 2.0 if z.sum() > 0 else z


def prints(z: Any) -> Any:
    print("called")
    return np.exp(z)


def appends(z: Any) -> Any:
    SEEN.append(z)
    return np.exp(z)


def lines_up(z: Any) -> Any:
    LINE.append(z)
    return np.exp(z)


def adds(z: Any) -> Any:
    NUMBERS.add(len(NUMBERS))
    return np.exp(z)


def draws(z: Any) -> Any:
    return z * np.random.random()


def names_its_result(z: Any) -> Any:
    a = np.exp(z)
    a.name = "a"
    return a


def names_its_argument(z: Any) -> Any:
    z.name = "renamed"
    return np.exp(z)


def tells_types_apart(z: Any, y: Any = Y) -> Any:
    return z * y if type(y) is np.ndarray else z + y


REFUSED = [
    branches, prints, appends, lines_up, adds, draws, names_its_result, names_its_argument, tells_types_apart, lambda z: (z, 2.0 * z), lambda z: z,
    lambda z: z.T, lambda z: 3.0, lambda z: z.item() * z if z.size == 1 else tg.stop_gradient(z),
]  # fmt: skip


@pytest.mark.parametrize("body", REFUSED, ids=lambda f: f.__name__)
def test_what_no_program_does_runs_as_its_body_and_is_tried_once(
    body: Function, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    f, tries = tg.composite(body), []
    made = just_in_time.JustInTime._give_up
    monkeypatch.setattr(just_in_time.JustInTime, "_give_up", lambda self, *a: (tries.append(a), made(self, *a)))
    for store in (SEEN, LINE, NUMBERS):
        store.clear()
    z = leaf(Z)
    args = (z, Y) if body is tells_types_apart else (z,)
    for _ in range(5):
        result = f(*args)
        assert type(result) is not Folded
    assert len(tries) == 1
    assert programs_of(f).variants == ()
    assert len(SEEN) + len(LINE) + len(NUMBERS) == (5 if body in (appends, lines_up, adds) else 0)
    assert capsys.readouterr().out == ("called\n" * 5 if body is prints else "")


def test_a_draw_is_not_lost_where_a_trace_was_tried() -> None:
    f, z = tg.composite(draws), leaf(Z)
    np.random.seed(0)
    got = [f(z).numpy() for _ in range(3)]
    np.random.seed(0)
    np.testing.assert_array_equal(got, [Z * np.random.random() for _ in range(3)])


# --- warnings and errors ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0.0, -1.0, np.inf, np.nan, 1e308, 1e-320])
def test_warnings_of_value_and_gradient_are_those_of_the_body(value: float) -> None:
    body = lambda z: np.log(z) * np.exp(z * z) / (z + 0.0)  # noqa: E731
    f, reference = tg.composite(body), body_only(body)
    f(leaf([1.0, 2.0]))

    def use(function: Function) -> Any:
        z = leaf([1.0, value])
        result = function(z)
        result.backward(np.ones(2))
        return result.numpy(), gradient(z)

    one, other = observed(lambda: use(reference)), observed(lambda: use(f))
    assert (one.error, {kind for kind, _ in one.warned}) == (other.error, {kind for kind, _ in other.warned})
    np.testing.assert_allclose(one.results, other.results, rtol=1e-14)
    assert len(programs_of(f).variants) == 1


def test_a_program_that_gives_up_too_often_is_left() -> None:
    f = tg.composite(lambda z: np.log(z))
    f(leaf(1.0))
    for _ in range(just_in_time._MOST_DOUBTS + 2):
        with np.errstate(all="ignore"):
            f(leaf(0.0))
    assert programs_of(f).variants == ()
    assert type(f(leaf(1.0))) is not Folded


def test_errors_are_those_of_the_body() -> None:
    def cost(z: Any, y: Any) -> Any:
        return tg.cross_entropy(tg.sigmoid(z), y) * 2.0

    f, reference = tg.composite(cost), body_only(cost)
    f(leaf(Z), Y)
    for args in ((leaf(Z), Y + 2), (leaf(Z), Y[0, :2]), (leaf(Z),)):
        one, other = observed(lambda args=args: reference(*args)), observed(lambda args=args: f(*args))
        assert one.error is not None
        assert one.error == other.error


# --- where it is called ---------------------------------------------------------------------------------------------------


def test_under_no_grad_a_program_gives_a_leaf() -> None:
    f, z = tg.composite(swish), leaf(Z)
    f(z)
    with tg.no_grad():
        a = f(z)
    assert (a.primitive, a.requires_grad, type(a)) == (None, False, tg.Tensor)
    np.testing.assert_allclose(a.numpy(), swish(z).numpy(), rtol=1e-15)


def test_arrays_and_tensors_that_need_no_gradient_run_the_body() -> None:
    f = tg.composite(swish)
    np.testing.assert_array_equal(f(Z), swish(Z))
    assert type(f(tg.Tensor(Z, name="z"))) is not Folded


@pytest.mark.parametrize(
    "use",
    [
        lambda f: tg.compile(tg.value_and_grad(lambda z: f(z).sum()))(Z),
        lambda f: tg.jacobian(lambda z: f(z))(Z[0]),
        lambda f: tg.hessian(lambda z: f(z).sum())(Z[0]),
        lambda f: tg.hvp(lambda z: f(z).sum(), Z, Y),
        lambda f: tg.vmap(tg.grad(lambda z: f(z).sum()))(Z),
        lambda f: tg.grad(lambda z: tg.grad(lambda z: (f(z) ** 2).sum())(z).sum())(Z),
        lambda f: (lambda z: tg.derive(f(z).sum(), wrt=z).text())(leaf(Z[0], name="z")),
        lambda f: tg.draw(f(leaf(Z[0], name="z"))).text(),
    ],
)
def test_transforms_pictures_and_derivations_do_not_see_the_program(use: Function) -> None:
    f, reference = tg.composite(swish), body_only(swish)
    for z in (Z, Z[0]):
        assert type(f(leaf(z))) is Folded
    for _ in range(2):
        got, expected = use(f), use(reference)
        if isinstance(got, str):
            assert got == expected
        else:
            for one, other in zip(got, expected, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-15)


@pytest.mark.slow
def test_threads_may_call_one_composite() -> None:
    f = tg.composite(entropy)

    def work(i: int) -> Any:
        for size in range(3, 9):
            z = leaf(np.linspace(-1, i + 1, 2 * size).reshape(2, size))
            y = np.eye(size)[[0, 1]]
            f(z, y).backward()
            np.testing.assert_allclose(gradient(z), tg.grad(lambda z, y=y: entropy(z, y))(z.numpy()), atol=1e-15)
        return True

    assert all(in_threads(work))


def test_a_program_is_made_at_about_the_hundredth_call() -> None:
    """In a process of its own, because the tests here, and a variable of the suite, let programs run at once."""
    script = """
import inspect
import numpy as np
import tinygrad_lite as tg

@tg.composite
def f(z):
    return np.exp(-z * z) * z + tg.sigmoid(z)

made = inspect.getclosurevars(f).nonlocals["made"]
z = tg.Tensor([0.5, -1.0], requires_grad=True)
calls = 0
while not made.variants and calls < 1000:
    f(z)
    calls += 1
print(calls)
"""
    calls = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "TINYGRAD_LITE_COMPOSITES": ""},
        capture_output=True,
        check=True,
    ).stdout
    assert 80 <= int(calls) <= 120
