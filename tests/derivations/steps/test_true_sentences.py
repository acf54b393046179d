"""What a derivation says beside its formulas is true: names of functions, the cost as it was typed."""

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite import Tensor

X = Tensor(np.arange(12.0).reshape(4, 3) / 7, name="X")
Y = Tensor([1.0, -1.0, 1.0, -1.0], name="y")


def w() -> Tensor:
    return Tensor([0.3, -0.2, 0.1], requires_grad=True, name="w")


def x() -> Tensor:
    return Tensor([0.4, -0.9, 1.7], requires_grad=True, name="x")


def test_a_function_is_named_where_the_station_is_its_argument_only():
    """a = σ(y z) is not σ(z), and its slope y a (1 − a) is not σ′(z)."""
    v = w()
    text = str(tg.derive(-np.sum(np.log(tg.sigmoid(Y * (X @ v)))), v))
    assert "a_i = σ(y_i z_i)" in text
    assert "chain rule along a_i = σ(y_i z_i)" in text
    assert "sigmoid" not in text
    assert "σ′" not in text


def test_a_gate_is_not_the_argument_of_tanh():
    """In h = o tanh(f c + i g), no line says that the tanh is taken of f."""
    f, c, g = w(), Tensor([1.0, 2.0, 3.0], name="c"), Tensor([0.1, 0.2, 0.3], name="g")
    gate = tg.sigmoid(f)
    text = str(tg.derive(np.sum(tg.tanh(gate * c + g) ** 2), f))
    assert "tanh(a⁽¹⁾_i c_i + g_i)" in text or "tanh(c_i a⁽¹⁾_i + g_i)" in text
    assert "tanh′" not in text


def test_softmax_of_half_of_z_is_not_softmax_of_z():
    z = x()
    a = tg.softmax(z / 2.0)
    a.name = "a"
    text = str(tg.derive(-np.log(a[1]), z))
    assert "softmax(z)" not in text
    assert "softmax(x)" not in text


@pytest.mark.parametrize(
    ("cost", "shown"),
    [
        (lambda x: (0 - tg.sigmoid(np.sum(x))) ** 2 / 2, "C = (0 − a)²/2"),
        (lambda x: 0.5 * x @ x, "C = Σ_i (1/2) x_i²"),
        (lambda x: np.sum(np.abs(x - 1.0)), "C = Σ_i |x_i − 1|"),
        (lambda x: np.var(x), "C = (1/J) Σ_j (x_j − (1/J) Σ_k x_k)²"),
        (lambda x: np.std(x), "C = √((1/J) Σ_j (x_j − (1/J) Σ_k x_k)²)"),
        (lambda x: np.linalg.norm(x - 1.0), "C = √(Σ_i (x_i − 1)²)"),
        (lambda x: np.sum(np.log(np.cosh(x))), "C = Σ_i log(cosh(x_i))"),
    ],
)
def test_the_cost_is_shown_as_it_was_typed(cost, shown):
    t = x()
    assert str(tg.derive(cost(t), t)).splitlines()[0] == shown


def test_tanh_of_more_than_a_name_is_not_written_out():
    t = x()
    d = tg.derive(np.sum(t * (1 + np.tanh(2.0 * t + t**3))), t)
    assert "a_i = tanh(2 x_i + x_i³)" in str(d)


def test_a_mean_is_a_station_as_a_whole():
    """Batch normalisation of z = X @ W: the mean of z has 1/m in it, and the textbook's gradient is found."""
    W = Tensor(np.array([[0.3, -0.2], [0.1, 0.5], [0.7, -0.4]]), requires_grad=True, name="W")
    g, b = (Tensor([n, 1.0], requires_grad=True, name=name) for n, name in ((2.0, "g"), (3.0, "b")))
    z = X @ W
    mean, s = z.mean(axis=0), z.std(axis=0)
    u = (z - mean) / s
    u.name = "u"
    d = tg.derive(np.sum(tg.sigmoid(g * u + b)), W)
    assert "z⁽²⁾_j = (1/m) Σ_i z⁽¹⁾_ij" in str(d)
    textbook = "g_j (m δ⁽³⁾_ij − Σ_k δ⁽³⁾_kj (1 + u_kj u_ij))/(m s⁽¹⁾_j)"
    assert textbook in [step.right for step in d.steps]


def test_what_stands_for_no_tensor_is_explained():
    """The largest element of a shifted softmax, the class of a target, and each slice by itself."""
    t = x()
    shifted = np.exp(t - np.max(t))
    a = shifted / np.sum(shifted)
    a.name = "a"
    assert tg.derive(-np.log(a[1]), t).notes == [
        "M has a 1 where an element is the largest, else 0.",
        "y has a 1 at place 1, else 0.",
    ]
    assert tg.derive(np.sum((t[1:] - t[:-1]) ** 2), t).notes == [
        "S has a 1 where x[1:] takes an element, else 0.",
        "S⁽²⁾ has a 1 where x[:-1] takes an element, else 0.",
    ]
    ids = Tensor(np.array([2, 0, 2]), name="ids")
    assert tg.derive(np.sum(t[ids] ** 2), t).notes == ["ids has one 1 in each row, at the number of the class, else 0."]


def test_a_station_without_a_formula_is_only_named():
    A = Tensor(np.eye(3) + 0.1, requires_grad=True, name="A")
    v = x()
    B = np.linalg.inv(A)
    B.name = "B"
    assert "∂C/∂x_j = Σ_i B_ij" in str(tg.derive(np.sum(B @ v), v)) or "∂C/∂x_k = Σ_j B_jk" in str(
        tg.derive(np.sum(B @ v), v)
    )


def test_a_value_named_on_the_way_has_its_indices_where_its_formula_has_some():
    t, scale = x(), Tensor(2.0, name="t")
    d = tg.derive(scale * np.log(np.sum(np.exp(t / scale))), t)
    assert d.steps[-1].reason == "with a_i = e^(x_i/t)/(Σ_j e^(x_j/t))"


def test_numpy_code_turns_nothing_twice():
    E = Tensor(np.eye(3) + 0.5, requires_grad=True, name="E")
    W = Tensor(np.eye(3) - 0.2, requires_grad=True, name="W")
    d = tg.derive(-np.mean(np.log(tg.softmax(E[np.array([0, 2, 1, 1])] @ W))[np.arange(4), [0, 1, 2, 0]]), W)
    assert d.formula.numpy() == "E.T @ (onehot.T @ (a - y)) / m"
