"""Layers, initialisations, penalties, and weights on disk that survive damage and crashes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.models import X, model, unchanged
from tinygrad_lite import Tensor, nn
from tinygrad_lite.errors import DomainError, DTypeError, IndexingError, ShapeError, StateError

# --- layers ----------------------------------------------------------------------------------------------------


def test_linear_is_equation_10_and_its_gradients_are_the_lectures() -> None:
    layer = nn.Linear(4, 3, rng=0)
    w, b = layer.weight.numpy(), layer.bias.numpy()  # type: ignore[union-attr]
    for x in (X, X[0], X.tolist(), Tensor(X), np.stack([X, X])):
        z = layer(x)
        np.testing.assert_allclose(z.detach().numpy(), np.asarray(x) @ w + b, rtol=1e-14)
    upstream = np.random.default_rng(1).standard_normal((5, 3))
    layer(X).backward(upstream)
    np.testing.assert_allclose(layer.weight.grad.numpy(), X.T @ upstream, rtol=1e-13)  # type: ignore[union-attr]
    np.testing.assert_allclose(layer.bias.grad.numpy(), upstream.sum(axis=0), rtol=1e-13)  # type: ignore[union-attr]


def test_linear_without_bias() -> None:
    layer = nn.Linear(4, 3, bias=False, rng=0)
    assert layer.bias is None
    assert list(layer.named_parameters()) == ["weight"]
    np.testing.assert_array_equal(layer(X).detach().numpy(), X @ layer.weight.numpy())


@pytest.mark.parametrize(("init", "spread"), [("default", 1 / np.sqrt(500)), ("large", 1.0)])
def test_initialisations_have_nielsens_statistics(init: str, spread: float) -> None:
    layer = nn.Linear(500, 400, init=init, rng=3)
    weights, biases = layer.weight.numpy(), layer.bias.numpy()  # type: ignore[union-attr]
    n = weights.size
    # The mean of n draws strays by spread/√n, their standard deviation by spread/√(2n): five times that never happens.
    assert abs(weights.mean()) < 5 * spread / np.sqrt(n)
    assert abs(weights.std() - spread) < 5 * spread / np.sqrt(2 * n)
    assert abs((np.abs(weights) < spread).mean() - 0.6827) < 5 * 0.4655 / np.sqrt(n)  # normal, not uniform
    assert abs(biases.std() - 1) < 5 / np.sqrt(2 * biases.size)
    assert abs(biases.mean()) < 5 / np.sqrt(biases.size)
    assert abs(np.corrcoef(weights[:, 0], weights[:, 1])[0, 1]) < 5 / np.sqrt(500)


def test_the_same_seed_gives_the_same_weights_and_layers_differ() -> None:
    generators = [7, np.random.default_rng(7), np.random.SeedSequence(7)]
    states = [model(rng).state_dict() for rng in generators]
    for other in states[1:]:
        for key, value in states[0].items():
            np.testing.assert_array_equal(other[key], value)
    assert not unchanged(model(8), states[0])
    assert not unchanged(model(None), model(None).state_dict())
    square = nn.MLP([3, 3, 3], rng=0).state_dict()
    assert not np.array_equal(square["0.weight"], square["2.weight"])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_keeps_its_dtype_through_value_and_gradient(dtype: Any) -> None:
    m = model(dtype=dtype)
    cost = tg.cross_entropy_with_logits(m(X.astype(dtype)), np.zeros((5, 2), dtype))
    cost.backward()
    assert cost.dtype == dtype
    assert {(t.dtype, t.grad.dtype) for t in m.parameters() if t.grad is not None} == {(np.dtype(dtype),) * 2}
    assert {a.dtype for a in m.state_dict().values()} == {np.dtype(dtype)}


@pytest.mark.parametrize("name", nn.ACTIVATIONS)
def test_activations_by_name_and_by_function_are_the_same(name: str) -> None:
    function = nn.ACTIVATIONS[name]
    by_name, by_function = (model(activation=a, output=a) for a in (name, function))
    w, b, v, c = (t.numpy() for t in by_name.parameters())
    expected = function(function(X @ w + b) @ v + c)
    for m in (by_name, by_function):
        np.testing.assert_allclose(m(X).detach().numpy(), expected, rtol=1e-13)


def test_mlp_puts_activations_between_layers_and_leaves_logits() -> None:
    m = nn.MLP([4, 5, 3, 2], activation=tg.tanh, rng=0)
    assert [type(f).__name__ if isinstance(f, nn.Module) else f for f in m.layers] == [
        "Linear", tg.tanh, "Linear", tg.tanh, "Linear",
    ]  # fmt: skip
    assert [t.shape for t in m.parameters()] == [(4, 5), (5,), (5, 3), (3,), (3, 2), (2,)]
    assert nn.MLP([4, 2], rng=0)(X).shape == (5, 2)
    assert list(m.named_parameters()) == [f"{i}.{part}" for i in (0, 2, 4) for part in ("weight", "bias")]


def test_reprs_say_what_they_are() -> None:
    assert repr(nn.Linear(4, 3, bias=False)) == "Linear(4, 3, bias=False)"
    assert repr(nn.Sequential(nn.Linear(4, 3), tg.sigmoid)) == "Sequential(Linear(4, 3), sigmoid)"


def test_a_model_of_ones_own_names_its_parts_and_survives_itself_among_them() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            self.fc = nn.Linear(4, 3)
            self.blocks = [nn.MLP([3, 2])]
            self.scale = tg.Tensor(np.ones((2, 5)), requires_grad=True)
            self.title = "no part"

    net = Net()
    assert repr(net) == "Net(fc: Linear(4, 3), blocks.0: Sequential(Linear(3, 2)), scale: (2, 5))"
    del net.scale
    net.blocks.append(net)  # type: ignore[arg-type]
    assert repr(net) == "Net(fc: Linear(4, 3), blocks.0: Sequential(Linear(3, 2)), blocks.1: ...)"


def test_modules_of_ones_own_find_their_parameters() -> None:
    class Residual(nn.Module):
        def __init__(self) -> None:
            self.scale = Tensor([2.0], requires_grad=True)
            self.constant = Tensor([3.0])
            self.blocks = [nn.Linear(4, 4, rng=i) for i in range(2)]
            self.head = nn.Sequential(nn.Linear(4, 1, rng=5))

        def __call__(self, x: Any) -> Any:
            for block in self.blocks:
                x = x + tg.tanh(block(x))
            return self.head(x * self.scale)

    m = Residual()
    expected = [
        "scale",
        "blocks.0.weight",
        "blocks.0.bias",
        "blocks.1.weight",
        "blocks.1.bias",
        "head.0.weight",
        "head.0.bias",
    ]
    assert list(m.named_parameters()) == expected
    m(X).sum().backward()
    assert all(t.grad is not None for t in m.parameters())
    m.zero_grad()
    assert all(t.grad is None for t in m.parameters())
    with pytest.raises(NotImplementedError, match="__call__"):
        nn.Module()(X)


class Nested(nn.Module):
    """Layers in a dict, in a list of lists, and in both."""

    def __init__(self) -> None:
        self.heads = {"left": nn.Linear(4, 2, rng=0), "right": [nn.Linear(4, 2, rng=1)]}
        self.layers = [[nn.Linear(4, 4, rng=2)], Tensor(2.0, requires_grad=True)]

    def __call__(self, x: Any) -> Any:
        x = self.layers[0][0](x) * self.layers[1]
        return self.heads["left"](x) + self.heads["right"][0](x)


def test_parameters_in_dicts_and_in_nested_lists_learn_and_are_saved(tmp_path: Path) -> None:
    m = Nested()
    layers = ["heads.left", "heads.right.0", "0.0"]
    assert list(m.named_parameters()) == [f"{layer}.{part}" for layer in layers for part in ("weight", "bias")] + ["1"]
    assert m.summary().parameters == 10 + 10 + 20 + 1
    before = m.state_dict()
    m(X).sum().backward()
    tg.optim.SGD(m.parameters(), lr=0.1).step()
    assert not any(np.array_equal(before[name], t.numpy()) for name, t in m.named_parameters().items())
    m.save(tmp_path / "nested.npz")
    other = Nested()
    other.load(tmp_path / "nested.npz")
    assert unchanged(other, m.state_dict())


def test_two_tensors_of_one_name_are_refused() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            self.heads = {0: Tensor([1.0], requires_grad=True), "0": Tensor([2.0], requires_grad=True)}

    with pytest.raises(StateError, match=r"Own has two Tensors with the name 'heads\.0'\. Rename a key"):
        Own().parameters()


def test_a_frozen_layer_is_no_parameter_but_is_saved(tmp_path: Path) -> None:
    m = model(1)
    for t in m.layers[0].parameters():  # type: ignore[attr-defined]
        t.requires_grad = False
    assert list(m.named_parameters()) == ["2.weight", "2.bias"]
    m.save(tmp_path / "frozen.npz")
    other = model(2)
    other.load(tmp_path / "frozen.npz")
    assert unchanged(other, m.state_dict())
    assert list(other.named_parameters()) == ["0.weight", "0.bias", "2.weight", "2.bias"]


@pytest.mark.parametrize("value", [np.zeros((4, 3)), 0.0])
def test_a_parameter_is_not_replaced_by_what_would_not_learn(value: Any) -> None:
    layer = nn.Linear(4, 3, rng=0)
    with pytest.raises(
        DTypeError, match=r"weight is a parameter of Linear, and .* would not learn\. Write \.weight\.data"
    ):
        layer.weight = value
    assert list(layer.named_parameters()) == ["weight", "bias"]
    layer.weight = Tensor(np.ones((4, 3)), requires_grad=True)
    layer.bias = None
    assert list(layer.named_parameters()) == ["weight"]


def test_weights_of_pytorchs_linear_are_refused_and_the_error_says_why() -> None:
    m = model()
    with pytest.raises(StateError, match=r"0\.weight has shape \(3, 4\), the model \(4, 3\) \(PyTorch's .* pass \.T\)"):
        m.load_state_dict(m.state_dict() | {"0.weight": m.state_dict()["0.weight"].T})


def test_sizes_that_are_no_list_are_refused() -> None:
    with pytest.raises(DTypeError, match=r"one list, as in MLP\(\[784, 30, 10\]\); got 4"):
        nn.MLP(4, 3)  # type: ignore[arg-type]


def test_a_layer_that_is_used_twice_is_one_set_of_parameters() -> None:
    layer = nn.Linear(4, 4, rng=0)
    m = nn.Sequential(layer, tg.sigmoid, layer)
    assert list(map(id, m.parameters())) == [id(layer.weight), id(layer.bias)]
    tg.optim.SGD(m.parameters(), 0.1)
    assert nn.l2(m, 2.0).item() == pytest.approx((layer.weight.numpy() ** 2).sum())


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: nn.Linear(0, 3), DomainError), (lambda: nn.Linear(4, -1), DomainError),
        (lambda: nn.Linear(4.0, 3), DomainError), (lambda: nn.Linear(4, 3, init="xavier"), DomainError),  # type: ignore[arg-type]
        (lambda: nn.Linear(4, 3, dtype=int), DTypeError), (lambda: nn.MLP([4]), DomainError),
        (lambda: nn.MLP([4, 2], activation="swish"), DomainError), (lambda: nn.MLP([4, 2], output="swish"), DomainError),
        (lambda: nn.Sequential([nn.Linear(4, 2)]), DTypeError), (lambda: nn.Sequential(3), DTypeError),  # type: ignore[arg-type, list-item]
    ],
)  # fmt: skip
def test_models_that_cannot_be_built(make: Callable[[], Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        make()


@pytest.mark.parametrize("x", [np.ones((5, 3)), np.ones(3), 1.0, np.ones((4, 5)), np.ones((2, 5, 3))])
def test_inputs_of_another_width_are_named(x: Any) -> None:
    with pytest.raises(ShapeError, match="rows of 4"):
        model()(x)


# --- L2 ----------------------------------------------------------------------------------------------------------


def test_l2_adds_strength_times_the_weights_and_leaves_biases_alone() -> None:
    m = model()
    penalty = nn.l2(m, 0.3)
    weights = [t for t in m.parameters() if t.ndim == 2]
    assert penalty.item() == pytest.approx(0.15 * sum((w.numpy() ** 2).sum() for w in weights), rel=1e-14)
    penalty.backward()
    for t in m.parameters():
        if t.ndim == 2:
            np.testing.assert_allclose(t.grad.numpy(), 0.3 * t.numpy(), rtol=1e-14)  # type: ignore[union-attr]
        else:
            assert t.grad is None
    assert nn.l2(m.parameters(), 0.3).item() == penalty.item()
    assert nn.l2(iter(m.parameters()), 0.0).item() == 0.0
    assert nn.l2(model(dtype=np.float32), 0.3).dtype == np.float32


def test_l2_refuses_negative_strengths_and_models_without_weights() -> None:
    for strength in (-0.1, np.nan):
        with pytest.raises(DomainError):
            nn.l2(model(), strength)
    with pytest.raises(ShapeError, match="no weights"):
        nn.l2([Tensor([1.0], requires_grad=True)], 0.1)


# --- state ---------------------------------------------------------------------------------------------------------


def test_a_state_is_a_copy_and_goes_into_another_model() -> None:
    first, second = model(1), model(2)
    state = first.state_dict()
    kept = {k: v.copy() for k, v in state.items()}
    second.load_state_dict(state)
    np.testing.assert_array_equal(second(X).detach().numpy(), first(X).detach().numpy())
    for value in state.values():
        value[:] = 0
    assert unchanged(first, kept)
    assert unchanged(second, kept)
    parameters = second.parameters()
    second.load_state_dict({k: v.astype(np.float32).tolist() for k, v in kept.items()})
    assert list(map(id, parameters)) == list(map(id, second.parameters()))
    assert {t.dtype for t in parameters} == {np.dtype(float)}


def test_every_key_that_does_not_fit_is_listed_and_nothing_is_taken() -> None:
    m = model()
    before = m.state_dict()
    state = dict(before)
    state["spare"] = state.pop("0.bias")
    state["0.weight"] = np.ones((3, 4))
    state["2.weight"] = np.array([["a", "b"]] * 3)
    state["2.bias"] = np.ones(2)
    with pytest.raises(StateError) as info:
        m.load_state_dict(state)
    for part in (
        "missing 0.bias (3,)",
        "unknown spare",
        "0.weight has shape (3, 4), the model (4, 3)",
        "2.weight holds",
    ):
        assert part in str(info.value)
    assert unchanged(m, before)
    for bad in (
        {},
        {**before, "2.bias": [1 + 1j, 0]},
        {**before, "2.bias": [None, 1]},
        {**before, "2.bias": [[1], [1, 2]]},
    ):
        with pytest.raises(StateError):
            m.load_state_dict(bad)
        assert unchanged(m, before)


# --- a Sequential is a list of its layers --------------------------------------------------------------------------


def test_a_sequential_has_an_index_a_length_and_a_loop() -> None:
    first, last = nn.Linear(4, 3, rng=0), nn.Linear(3, 2, rng=1)
    m = nn.Sequential(first, tg.sigmoid, last)
    assert (m[0], m[1], m[-1], m[np.int64(2)]) == (first, tg.sigmoid, last, last)
    assert len(m) == 3
    assert list(m) == [first, tg.sigmoid, last]


def test_a_slice_of_a_sequential_is_one_of_the_same_layers() -> None:
    m = model()
    part = m[:2]
    assert type(part) is nn.Sequential
    assert list(part) == [m[0], m[1]]
    assert part.parameters() == m.parameters()[:2]
    np.testing.assert_array_equal(part(X).numpy(), m[1](m[0](X)).numpy())


def test_another_layer_in_the_place_of_one_is_what_the_model_learns() -> None:
    m = model()
    m[-1] = nn.Linear(3, 5, rng=7)
    assert m(X).shape == (5, 5)
    assert m.parameters()[2:] == m[2].parameters()


def test_a_place_that_is_not_there_is_refused_and_so_is_what_is_no_layer() -> None:
    m = model()
    for place in (3, -4):
        with pytest.raises(IndexingError, match=rf"has 3 layers and functions, from \[0\] on; got \[{place}\]"):
            m[place]
    with pytest.raises(IndexingError):
        m[3] = tg.sigmoid
    with pytest.raises(DTypeError, match="takes layers and functions; got Tensor"):
        m[0] = tg.Tensor(1.0)  # type: ignore[assignment]
    with pytest.raises(TypeError, match="str"):
        m["weight"]  # type: ignore[call-overload]


def test_layers_of_a_sequential_are_no_parameters() -> None:
    with pytest.raises(DTypeError, match=r"got Linear\(4, 3\)\. Pass model\.parameters\(\)"):
        tg.optim.SGD(model(), lr=0.1)  # type: ignore[arg-type]


# --- summary -------------------------------------------------------------------------------------------------------


class Block(nn.Module):
    """A module of one's own: a Tensor, a list of layers, a Sequential, and a layer that is used twice."""

    def __init__(self) -> None:
        self.scale = Tensor([2.0, 2.0], requires_grad=True)
        self.tied, self.constant = self.scale, Tensor([3.0])
        self.blocks = [nn.Linear(4, 4, rng=i) for i in range(2)]
        self.head = nn.Sequential(nn.Linear(4, 2, rng=5), tg.tanh)
        self.again = self.blocks[0]

    def __call__(self, x: Any) -> Any:
        for block in self.blocks:
            x = x + tg.tanh(block(x))
        return self.head(x) * self.scale


def test_a_summary_has_each_layer_with_its_parameters_and_the_total() -> None:
    m = Block()
    summary = m.summary(X)
    rows = {row.name: row for row in summary.rows}
    assert list(rows) == ["", "blocks.0", "blocks.1", "head", "head.0", "head.1", "again"]
    assert [row.kind for row in summary.rows] == ["Block", "Linear", "Linear", "Sequential", "Linear", "tanh", "Linear"]
    named = {f"{row.name}.{path}".lstrip("."): shape for row in summary.rows for path, shape in row.shapes.items()}
    assert named == {name: t.shape for name, t in m.named_parameters().items()}
    assert summary.parameters == sum(t.size for t in m.parameters())
    assert rows[""].output == m(X).shape
    assert rows["again"].same == "blocks.0"
    assert str(summary.parameters) == str(summary).splitlines()[-1].split()[0]


def test_a_summary_with_an_input_says_the_shapes_of_a_sequential_and_works_without_one() -> None:
    m = nn.Sequential(model(), tg.softmax, nn.Linear(2, 3, rng=0))
    assert [row.output for row in m.summary(X).rows] == [(5, 3), (5, 2), (5, 3), (5, 3), (5, 2), (5, 2), (5, 3)]
    assert {row.output for row in m.summary().rows} == {None}
    assert "output" not in str(m.summary())
    layer = nn.Linear(4, 4, rng=0)
    twice = nn.Sequential(layer, tg.sigmoid, layer).summary(X)
    assert [row.output for row in twice.rows] == [(5, 4)] * 4
    assert twice.parameters == 20


def test_a_frozen_layer_says_so_and_its_numbers_are_counted_apart() -> None:
    m = model()
    learned = str(m.summary())
    assert "frozen" not in learned
    for t in m[0].parameters():
        t.requires_grad = False
    summary = m.summary(X)
    row = next(row for row in summary.rows if row.name == "0")
    assert (row.shapes, row.frozen) == ({}, {"weight": (4, 3), "bias": (3,)})
    assert row.cells()[3:] == ("frozen: weight (4, 3), bias (3,)", "15")
    assert summary.parameters == sum(t.size for t in m.parameters())
    assert summary.parameters + summary.frozen == sum(a.size for a in m.state_dict().values())
    assert str(summary).splitlines()[-1] == "8 parameters, 15 frozen numbers"


def test_a_summary_counts_a_frozen_tensor_that_is_there_twice_once() -> None:
    m = Block()
    m.blocks[0].weight.requires_grad = False
    summary = m.summary()
    own, block = (next(row for row in summary.rows if row.name == name) for name in ("", "blocks.0"))
    assert own.frozen == {"constant": (1,)}
    assert block.cells()[3] == "bias (4,); frozen: weight (4, 4)"
    assert summary.frozen == 1 + 16


class Keeping(nn.Module):
    """A model that keeps what it has computed, to be looked at, and a constant."""

    def __init__(self) -> None:
        self.layer, self.mean = nn.Linear(4, 3, rng=0), Tensor([1.0, 2.0, 3.0])

    def __call__(self, x: Any) -> Any:
        self.a = tg.sigmoid(self.layer(x) - self.mean)
        return self.a


def test_state_holds_leaves_that_do_not_learn_and_not_what_was_computed(tmp_path: Path) -> None:
    m = Keeping()
    before = str(m.summary()), m.state_dict(), tg.nn.l2(m, 1.0).item()
    m(X)
    assert list(m.state_dict()) == ["layer.weight", "layer.bias", "mean"]
    assert (str(m.summary()), tg.nn.l2(m, 1.0).item()) == (before[0], before[2])
    m.mean.data = [5.0, 6.0, 7.0]
    m.save(tmp_path / "m.npz")
    other = Keeping()
    other.load(tmp_path / "m.npz")
    assert unchanged(other, m.state_dict())
    assert other.mean.tolist() == [5.0, 6.0, 7.0]


def test_a_parameter_that_was_computed_is_refused_by_an_optimiser_because_it_would_not_learn() -> None:
    m = nn.Module()
    m.w = Tensor([1.0, 2.0], requires_grad=True) * 0.01  # type: ignore[attr-defined]
    with pytest.raises(
        DTypeError, match=r"which was computed\. To learn it, write tg\.Tensor\(array, requires_grad=True\)"
    ):
        tg.optim.SGD(m.parameters(), lr=0.1)


@pytest.mark.parametrize(
    ("name", "said"),
    [("train", "no modes"), ("eval", "no_grad"), ("forward", "__call__"), ("fit", "optimiser.step()"), ("cuda", "leave it out"),
     ("double", "dtype="), ("requires_grad_", "t.requires_grad = False"), ("named_modules", "model.summary()")],
)  # fmt: skip
def test_methods_of_other_libraries_are_answered_in_one_line(name: str, said: str) -> None:
    m = model()
    with pytest.raises(AttributeError, match=re.escape(f"a Module has no .{name}: ")) as caught:
        getattr(m, name)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not hasattr(m, name)
    assert name not in dir(m)


def test_forward_of_pytorch_is_answered_with_call() -> None:
    class Own(nn.Module):
        def forward(self, x: Any) -> Any:
            return x

    with pytest.raises(NotImplementedError, match=r"Own is a Module without .* forward\(x\) is __call__\(x\) here"):
        Own()(X)


def test_a_module_may_have_a_method_of_such_a_name() -> None:
    class Own(nn.Module):
        def predict(self, x: Any) -> Any:
            return x

    assert Own().predict(3) == 3
    assert "predict" in dir(Own())
