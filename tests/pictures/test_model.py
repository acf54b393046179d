"""What a drawing shows: values, gradients, formulas, folding, repetition, saturation, parts."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.picture_graphs import network, neuron, operations, softmax_neurons
from tinygrad_lite.errors import DrawingError, DTypeError, StaleGraphError
from tinygrad_lite.pictures import Drawing, compare, draw
from tinygrad_lite.pictures.edges.numbers import number, one_line
from tinygrad_lite.pictures.view.model import Box


def box(drawing: Drawing, name: str) -> Box:
    (found,) = [b for b in drawing.view.boxes if b.name == name]
    return found


def line(drawing: Drawing, name: str) -> str:
    """The first line of the text that is about this value."""
    return next(x for x in drawing.text().splitlines() if f"{name} = " in x.split("] ")[-1] or f"{name} · " in x)


def labels(drawing: Drawing) -> dict[tuple[str, str], str]:
    return {(e.source.name, e.target.name): " ".join(e.label()).strip() for e in drawing.view.edges}


# --- values and gradients ------------------------------------------------------------------------------------------


def test_a_box_says_name_shape_dtype_and_numbers() -> None:
    x = tg.Tensor(np.array([1.5, -2.0], dtype=np.float32), requires_grad=True, name="x")
    drawing = draw(x * 2.0)
    shown = box(drawing, "x")
    assert (shown.name, shown.shape, shown.numbers) == ("x", "(2,) float32", "[1.5, −2.0]")
    assert box(drawing, "v1").title == "v1 = x × 2"


def test_large_arrays_are_mean_and_standard_deviation() -> None:
    x = tg.Tensor(np.arange(100.0), requires_grad=True, name="x")
    spread = np.arange(100.0).std()
    assert box(draw(x * 1.0), "x").numbers == f"mean 49.5, std {number(spread)}"


def test_numbers_keep_significant_digits() -> None:
    assert number(1e-9) == "1e−9"
    assert number(-0.00012345678) == "−0.0001235"
    assert "nan or inf" in one_line(np.array([np.nan] * 9))


def test_before_backward_no_gradient_is_claimed() -> None:
    c = neuron()
    text = draw(c).text()
    assert text.count("gradient not computed yet") == 6
    assert "∂C/∂w =" not in text


def test_after_backward_every_value_has_its_gradient_and_no_grad_is_touched() -> None:
    c = neuron()
    c.backward()
    leaves = [t for t in tg.graph(c) if t.grad is not None]
    before = [t.grad.item() for t in leaves]
    drawing = draw(c)
    assert "not computed" not in drawing.text()
    assert [t.grad.item() for t in leaves] == before
    assert [t for t in tg.graph(c) if t.grad is not None] == leaves
    assert line(drawing, "w").endswith(f"∂C/∂w = {number(before[0])}")


def test_a_grad_that_is_not_this_graphs_is_shown_as_it_stands() -> None:
    c = neuron()
    c.backward()
    c.backward()
    shown = box(draw(c), "w")
    np.testing.assert_allclose(shown.held, 2 * shown.gradient, rtol=1e-12)
    assert ".grad = 0.03469" in draw(c).text()


def test_grads_true_computes_them_and_false_leaves_them_out() -> None:
    c = neuron()
    assert "∂C/∂w = 0.01735" in draw(c, grads=True).text()
    assert all(t.grad is None for t in tg.graph(c))
    assert "gradient" not in draw(c, grads=False).text()


def test_gradients_that_are_asked_for_are_missed_where_nothing_learns() -> None:
    def cost(learns: bool) -> tg.Tensor:
        return tg.Tensor(2.0, requires_grad=learns, name="w") * 3.0

    said = ["no gradients: none of these tensors has requires_grad=True"]
    assert draw(cost(False), grads=True).view.notes == draw(cost(False), widths=True).view.notes == said
    assert draw(cost(False), grads=True).text().endswith(said[0])
    assert draw(cost(True), grads=True).view.notes == draw(cost(False)).view.notes == []
    assert draw(tg.stop_gradient(cost(True)), grads=True).view.notes == []  # w learns, and its box says why not here


def test_what_no_path_reaches_says_so_instead_of_0() -> None:
    w = tg.Tensor(1.0, requires_grad=True, name="w")
    v = tg.Tensor(1.0, requires_grad=True, name="v")
    c = w * tg.stop_gradient(v)
    c.backward()
    assert line(draw(c), "v").endswith("no gradient reaches it")


def test_kinds_are_told_apart_in_words_shape_and_line_style() -> None:
    w, x = tg.Tensor(1.0, requires_grad=True, name="w"), tg.Tensor(1.0, name="x")
    drawing = draw(w * x + tg.stop_gradient(w))
    assert {b.name: b.kind for b in drawing.view.boxes if b.kind != "value"} == {
        "w": "parameter", "x": "constant", "v3": "result",
    }  # fmt: skip
    dot = drawing.to_dot()
    boxes = [row for row in dot.splitlines() if "<TABLE" in row and " -> " not in row]
    looks = {row.split()[0]: row.split(" style=")[1].split(" tooltip")[0] for row in boxes}
    assert {b.name: looks[b.id] for b in drawing.view.boxes} == {
        "w": "filled", "x": '"filled,dashed"', "v1": '"filled,rounded"', "v2": '"filled,rounded,dashed"', "v3": "filled",
    }  # fmt: skip
    assert dot.count("penwidth=2.6") == 1  # the parameter's border
    assert dot.count("peripheries=2") == 1
    assert dot.count("arrowhead=tee") == 1
    assert labels(drawing)["w", "v2"] == "no gradient passes"


def test_data_changed_since_is_an_error_and_not_a_wrong_picture() -> None:
    w = tg.Tensor(2.0, requires_grad=True, name="w")
    c = w * w
    w.data = 3.0
    with pytest.raises(StaleGraphError, match="'w'"):
        draw(c)


def _by_step(w: tg.Tensor) -> None:
    w.sum().backward()
    tg.optim.SGD([w], lr=0.1).step()


def _by_data(w: tg.Tensor) -> None:
    w.data = np.ones(2)


def _in_place(w: tg.Tensor) -> None:
    with tg.no_grad():
        w -= 0.1


@pytest.mark.parametrize(
    ("change", "said"), [(_by_step, "optimizer.step()"), (_by_data, ".data ="), (_in_place, "under tg.no_grad(), -=")]
)
def test_however_a_leaf_was_changed_the_error_says_before_what_to_draw(
    change: Callable[[tg.Tensor], None], said: str
) -> None:
    w = tg.Tensor([1.0, 2.0], requires_grad=True, name="w")
    loss = (w * w).sum()
    change(w)
    with pytest.raises(StaleGraphError) as found:
        draw(loss)
    before, after = str(found.value).split("before the change: ")
    assert "'w'" in before
    assert said in after
    assert "\n" not in str(found.value)


def test_after_a_step_the_error_says_where_to_draw() -> None:
    model = tg.nn.MLP((2, 3, 2), rng=0)
    optimiser = tg.optim.SGD(model.parameters(), lr=0.1)
    loss = tg.quadratic_cost(model(np.ones((4, 2))), np.zeros((4, 2)))
    loss.backward()
    optimiser.step()
    for look in (draw, tg.graph, lambda t: tg.derive(t, wrt=model.parameters()[0])):
        with pytest.raises(StaleGraphError, match=r"tg\.draw and tg\.derive before .* optimizer\.step\(\)"):
            look(loss)


# --- formulas ------------------------------------------------------------------------------------------------------


def test_edges_of_the_neuron_carry_formula_and_number() -> None:
    a = tg.sigmoid(tg.Tensor(4.0)).item()
    assert labels(draw(neuron())) == {
        ("w", "v1"): "∂v1/∂w = x = 1.0",
        ("x", "v1"): "",
        ("v1", "z"): "∂z/∂v1 = 1.0",
        ("b", "z"): "∂z/∂b = 1.0",
        ("z", "a"): f"∂a/∂z = a (1 − a) = {number(a * (1 - a))}",
        ("a", "C"): f"∂C/∂a = a − y = {number(a)}",
        ("y", "C"): "",
    }


@pytest.mark.parametrize(
    ("make", "formula"),
    [
        (lambda p, q: p * q, "q"), (lambda p, q: p - q, None), (lambda p, q: q - p, None),
        (lambda p, q: p / q, "1/q"), (lambda p, q: q / p, "−v1/p"), (lambda p, q: np.exp(p), "v1"),
        (lambda p, q: np.log(p), "1/p"), (lambda p, q: p**2, "2p"), (lambda p, q: p**3.0, "3·p²"),
        (lambda p, q: np.sin(p), "cos(p)"), (lambda p, q: np.sqrt(p), "0.5/v1"), (lambda p, q: -p, None),
        (lambda p, q: np.maximum(p, 0.0), "0.5 if p = 0 else 1 if p > 0 else 0"),
        (lambda p, q: np.logaddexp(p, q), "exp(−logaddexp(0, q − p))"), (lambda p, q: tg.tanh(p), "1 − v1²"), (lambda p, q: tg.quadratic_cost(p, q), "p − q"),
    ],
)  # fmt: skip
def test_formulas_are_what_the_rules_compute(make: Any, formula: str | None) -> None:
    p, q = tg.Tensor(2.0, requires_grad=True, name="p"), tg.Tensor(3.0, name="q")
    (edge,) = [e for e in draw(make(p, q)).view.edges if e.source.name == "p"]
    assert edge.label()[0] == f"∂v1/∂p{f' = {formula}' if formula else ''}"


CUBE = np.arange(24.0).reshape(2, 3, 4)


@pytest.mark.parametrize(
    ("make", "formula"),
    [
        (lambda p: np.mean(p, axis=1), "mean(p, axis=1)"), (lambda p: np.mean(p), "mean(p)"),
        (lambda p: np.clip(p, 1.0, 2.5), "clip(p, a_min=1, a_max=2.5)"),
        (lambda p: np.std(p, (0, 1), ddof=1), "std(p, axis=(0, 1), ddof=1)"),
        (lambda p: tg.leaky_relu(p, 0.02), "leaky relu(p, slope=0.02)"),
        (lambda p: tg.quadratic_cost(p, 1.0), "quadratic_cost(p, y=1)"),
        (lambda p: tg.quadratic_cost(p, tg.Tensor(1.0)), "quadratic_cost(p, y=1)"),
        (lambda p: tg.quadratic_cost(p, tg.Tensor(CUBE, name="q")), "quadratic_cost(p, q)"),
        (lambda p: np.einsum("hid,hjd->hij", p, p), "einsum hid,hjd→hij of p, p"),
        (lambda p: np.transpose(p, (1, 2, 0)), "transpose p (1, 2, 0)"), (lambda p: np.transpose(p), "pᵀ"),
        (lambda p: np.max(p, axis=-1), "max p over axis −1"), (lambda p: np.sum(p, (1,)), "Σ p over axis 1"),
        (lambda p: p.reshape(3, -1), "p as (3, 8)"),
    ],
)  # fmt: skip
def test_what_an_operation_was_given_is_in_its_title(make: Any, formula: str) -> None:
    assert draw(make(tg.Tensor(CUBE, requires_grad=True, name="p"))).view.results[0].formula == formula


def test_a_full_jacobian_names_its_product() -> None:
    x, w = tg.Tensor(np.ones((2, 3)), requires_grad=True, name="x"), tg.Tensor(np.ones((3, 4)), name="w")
    assert labels(draw(x @ w))["x", "v1"] == "∂v1/∂x: full 8×6 Jacobian g ↦ g @ wᵀ"


# --- folding -------------------------------------------------------------------------------------------------------


@tg.composite
def neuron_layer(x: Any, w: Any) -> Any:
    return tg.sigmoid(x * w)


def test_fold_by_all_none_depth_and_names() -> None:
    c = tg.quadratic_cost(neuron_layer(tg.Tensor(1.0, name="x"), tg.Tensor(2.0, requires_grad=True, name="w")), 0.0)
    assert operations(draw(c)) == ["neuron_layer", "quadratic_cost"]
    assert operations(draw(c, fold=0)) == operations(draw(c))
    assert operations(draw(c, fold=1))[:2] == ["multiply", "sigmoid"]
    assert operations(draw(c, fold=2)) == operations(draw(c, fold=False))
    assert operations(draw(c, fold={"sigmoid"})) == operations(draw(c, fold=1))
    assert operations(draw(c, fold={"quadratic_cost", "sigmoid"})) == ["multiply", "sigmoid", "quadratic_cost"]


def test_a_name_to_fold_that_is_not_there_is_an_error_with_those_that_are() -> None:
    c = tg.quadratic_cost(tg.sigmoid(tg.Tensor(1.0, requires_grad=True, name="w")), 0.0)
    with pytest.raises(DrawingError, match=r"called 'foo'; there are quadratic_cost, sigmoid\."):
        draw(c, fold={"sigmoid", "foo"})
    with pytest.raises(DrawingError, match="called 'foo'; it has none"):
        draw(tg.Tensor(1.0, requires_grad=True) * 2.0, fold="foo")
    compare({"cost": c, "square": c**2}, fold="quadratic_cost")
    with pytest.raises(DrawingError, match="called 'foo'"):
        compare({"cost": c, "square": c**2}, fold="foo")


def test_unfolding_renames_nothing_outside() -> None:
    folded, unfolded = draw(neuron()), draw(neuron(), fold=False)
    assert {b.name for b in folded.view.boxes} <= {b.name for b in unfolded.view.boxes}
    assert {b.name for b in unfolded.view.boxes if b.name.startswith("a.")} == {f"a.{i}" for i in range(1, 7)}


def test_names_that_occur_twice_are_told_apart() -> None:
    x, y = tg.Tensor(np.ones((4, 3)), name="x"), tg.Tensor(np.zeros((4, 2)), name="w₁")
    drawing = draw(tg.quadratic_cost(tg.nn.MLP((3, 5, 2), rng=1)(x), y), grads=True)
    names = [b.name for b in drawing.view.boxes]
    assert {"w₁", "w₂", "w₃", "b₁", "b₂"} <= set(names)  # the user's own w₁ stays what it is
    assert len(set(names)) == len(names)
    assert box(drawing, "w₁").kind == "constant"
    layers = [b.formula for b in drawing.view.boxes if b.operation == "linear"]
    assert layers == ["linear(x, w₂, b₁)", "linear(v2, w₃, b₂)"]


def test_the_formula_of_a_folded_box_tells_inputs_of_one_name_apart() -> None:
    p, q = (tg.Tensor(value, requires_grad=True, name="a") for value in (0.3, 0.8))
    found = labels(draw(tg.quadratic_cost(p, q)))
    assert found["a₁", "v1"] == "∂v1/∂a₁ = a₁ − a₂ = −0.5"
    assert found["a₂", "v1"] == "∂v1/∂a₂ = a₂ − a₁ = 0.5"


def test_a_call_whose_inside_is_used_elsewhere_stays_open() -> None:
    @tg.composite
    def both(x: Any) -> Any:
        return np.exp(x), np.sin(x)

    e, s = both(tg.Tensor(1.0, requires_grad=True, name="x"))
    assert operations(draw(e * s)) == ["exp", "sin", "multiply"]


def test_a_saturated_function_is_marked_on_its_frame_too() -> None:
    drawing = draw(neuron(), fold=False)
    assert [f.saturation.text for f in drawing.view.frames.values() if f.saturation] == [
        "saturated: slope at 7 % of its maximum"
    ]


# --- saturation ----------------------------------------------------------------------------------------------------


def level(w: float, b: float) -> tuple[str, float]:
    found = box(draw(neuron(w, b)), "a").saturation
    assert found is not None
    return found.level, found.slope


def test_the_lectures_neuron_is_saturated_at_2_2_less_at_its_good_start_not_at_0() -> None:
    maximum = 0.25  # of a (1 − a), at a = 1/2
    a = tg.sigmoid(np.array([4.0, 1.5]))
    assert level(2.0, 2.0) == ("saturated", pytest.approx(a[0] * (1 - a[0]) / maximum, rel=1e-12))
    assert level(0.6, 0.9) == ("slowed", pytest.approx(a[1] * (1 - a[1]) / maximum, rel=1e-12))
    assert level(0.0, 0.0) == ("", pytest.approx(1.0, rel=1e-12))
    assert "saturated: slope at 7 % of its maximum" in draw(neuron(2.0, 2.0)).to_dot()
    assert "slope at 60 % of its maximum" in draw(neuron(0.6, 0.9)).to_dot()
    assert "maximum" not in draw(neuron(0.0, 0.0)).text()


def marks(t: Any) -> str | None:
    found = draw(t).view.results[0].saturation
    return None if found is None else found.text


def z(*values: float) -> Any:
    return tg.Tensor(values[0] if len(values) == 1 else list(values), requires_grad=True, name="z")


def test_rectifiers_are_off_and_a_batch_says_which_share() -> None:
    assert marks(tg.relu(z(-1.0))) == marks(np.maximum(0.0, z(-1.0))) == "off: slope 0"
    assert marks(tg.relu(z(1.0))) == "unsaturated: slope at 100 % of its maximum"
    assert marks(tg.relu(z(-1.0, -2.0, -3.0, 4.0))) == "75 % of 4 off"
    assert marks(tg.sigmoid(z(0.0, 9.0))) == "50 % of 2 saturated"
    assert marks(tg.leaky_relu(z(-1.0), 0.02)) == "saturated: slope at 2 % of its maximum"


def test_a_batch_is_saturated_from_half_of_it_on_and_slowed_where_fewer_are() -> None:
    def found(*values: float) -> str:
        saturation = draw(tg.sigmoid(z(*values))).view.results[0].saturation
        assert saturation is not None
        return saturation.level

    assert found(0.0, 9.0) == found(9.0, 9.0, 0.0) == "saturated"
    assert found(0.0, 0.0, 9.0) == "slowed"
    assert found(0.0, 0.0) == ""


@pytest.mark.parametrize("f", [np.exp, np.square, np.log, lambda t: t * 0.001, lambda t: -t, lambda t: 1.0 / t])
def test_what_cannot_saturate_is_not_marked(f: Any) -> None:
    assert marks(f(z(1e-3))) is None


def test_a_users_own_activation_is_measured_as_well() -> None:
    @tg.composite
    def logistic(t: Any) -> Any:
        return 1.0 / (1.0 + np.exp(-t))

    assert marks(logistic(z(4.0))) == marks(tg.sigmoid(z(4.0)))


# --- options and corners ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"upto": "nobody"}, "names are C, a, b, w, x, y, z"), ({"upto": 0}, "positive"), ({"upto": 1.5}, "float"),
        ({"fold": 2.5}, "fold is"), ({"fold": -1}, "fold is"), ({"direction": "XY"}, "LR, TB, RL, BT"),
        ({"grads": "yes"}, "grads is"),
    ],
)  # fmt: skip
def test_options_that_mean_nothing_are_refused(options: Any, error: str) -> None:
    with pytest.raises(DrawingError, match=error):
        draw(neuron(), **options)


def test_only_tensors_are_drawn() -> None:
    with pytest.raises(DTypeError, match="float"):
        draw(2.0)  # type: ignore[arg-type]


def test_a_leaf_alone_and_a_graph_without_gradients_can_be_drawn() -> None:
    assert draw(tg.Tensor(1.0, name="x")).text() == "x · result · scalar float64 · 1.0"
    assert draw(tg.Tensor(1.0)).text() == "c1 · result · scalar float64 · 1.0"


def test_infinite_gradients_are_drawn_without_a_warning() -> None:
    x = tg.Tensor(0.0, requires_grad=True, name="x")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with np.errstate(all="ignore"):
            c = np.sqrt(x)
        assert "∂v1/∂x = inf" in draw(c, grads=True).text()


def test_the_training_graph_of_the_lectures_network_is_small() -> None:
    drawing = draw(network(), grads=True)
    assert operations(drawing) == ["linear", "sigmoid", "linear", "sigmoid", "cross_entropy"]
    assert box(drawing, "C").gradient == 1.0


def test_softmax_says_that_its_jacobian_is_full() -> None:
    label = "∂a/∂z_j: full 3×3 Jacobian g ↦ a_j (g_j − Σ_k a_k g_k)"
    assert labels(draw(softmax_neurons()))["z", "a"] == label


def test_a_choice_that_is_made_is_not_asked_again() -> None:
    y, a = tg.Tensor([0.0, 1.0], name="y"), tg.Tensor([0.5, 0.5], requires_grad=True, name="a")
    drawing = draw(tg.cross_entropy(a, y), fold=False)
    assert "∂v1.1/∂a = y/a" in drawing.text()


def test_drawing_inside_no_grad_is_the_same() -> None:
    c = neuron()
    with tg.no_grad():
        inside = draw(c).to_dot()
    assert inside == draw(c).to_dot()


def test_of_several_elements_the_gradients_are_those_of_the_sum_and_it_says_so() -> None:
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    drawing = draw(x * x, grads=True)
    assert drawing.view.title == "The graph of v1, shape (2,); gradients are those of its sum"
    np.testing.assert_array_equal(box(drawing, "x").gradient, [2.0, 4.0])
