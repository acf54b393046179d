"""grad, value_and_grad, vjp, jvp, jacobian, hessian, hvp, gradcheck: calling, nesting, all orders, errors."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite import Tensor
from tinygrad_lite.errors import DTypeError, GradientError, ShapeError

Layer = namedtuple("Layer", ["w", "b"])


def close(got: Any, expected: Any, tolerance: float = 1e-13) -> None:
    got = got.detach().numpy() if isinstance(got, Tensor) else got
    assert np.shape(got) == np.shape(expected)
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)


def is_plain(x: Any) -> bool:
    return isinstance(x, np.ndarray | np.generic)


# --- calling --------------------------------------------------------------------------------------------------


def test_arrays_for_arrays_and_tensors_for_tensors() -> None:
    def cube(x: Any) -> Any:
        return (x**3).sum()

    array = np.array([1.0, 2.0])
    makers: list[Callable[[Any], Any]] = [
        tg.grad(cube), lambda x: tg.value_and_grad(cube)(x)[0], lambda x: tg.value_and_grad(cube)(x)[1],
        tg.jacobian(lambda x: x**2), tg.hessian(cube), lambda x: tg.hvp(cube, x, x), lambda x: tg.vjp(cube, x)[0],
        lambda x: tg.vjp(cube, x)[1](1.0)[0], lambda x: tg.jvp(cube, x, x)[0], lambda x: tg.jvp(cube, x, x)[1],
    ]  # fmt: skip
    for make in makers:
        plain, tensor = make(array), make(Tensor(array))
        assert is_plain(plain)
        assert type(tensor) is Tensor
        close(tensor, plain)
    assert type(tg.vjp(cube, array)[1](Tensor(1.0))[0]) is Tensor


def test_results_of_tensors_can_be_differentiated_again() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    tg.grad(lambda x: (x**3).sum())(x).sum().backward()
    close(x.grad, 6 * x.numpy())
    x.zero_grad()
    tg.jvp(lambda x: x**3, x, np.array([1.0, 10.0]))[1].sum().backward()
    close(x.grad, 6 * x.numpy() * [1, 10])
    x.zero_grad()
    tg.value_and_grad(lambda x: (x**3).sum())(x)[0].backward()
    close(x.grad, 3 * x.numpy() ** 2)


@pytest.mark.parametrize(
    ("argnums", "expected"), [(0, 12.0), (1, 8.0), (2, 6.0), (-1, 6.0), (-3, 12.0), ((0, 2), (12.0, 6.0)),
                              ((-1, 0), (6.0, 12.0)), ([1], (8.0,)), ((), ()), (np.int64(1), 8.0)],
)  # fmt: skip
def test_argnums_choose_by_what_to_differentiate(argnums: Any, expected: Any) -> None:
    got = tg.grad(lambda x, y, z: x * y * z, argnums=argnums)(2.0, 3.0, 4.0)
    assert isinstance(got, tuple) == isinstance(expected, tuple)
    assert got == expected


@pytest.mark.parametrize("argnums", [3, -4, (0, 5), (0, 0), (1, -2)])
def test_argnums_that_do_not_exist_or_come_twice_are_errors(argnums: Any) -> None:
    for transform in (tg.grad, tg.value_and_grad, tg.jacobian):
        with pytest.raises(GradientError):
            transform(lambda x, y, z: x * y * z, argnums=argnums)(2.0, 3.0, 4.0)


def test_keywords_are_passed_on() -> None:
    def f(x: Any, *, power: int, scale: Any = 1.0) -> Any:
        return (x**power * scale).sum()

    x = np.array([2.0, 3.0])
    close(tg.grad(f)(x, power=3, scale=np.array([1.0, 2.0])), 3 * x**2 * [1, 2])
    close(tg.hessian(f)(x, power=3), np.diag(6 * x))
    close(tg.jvp(f, x, x, power=2)[1], 2 * (x * x).sum())
    close(tg.vjp(f, x, power=2)[1](1.0)[0], 2 * x)
    close(tg.hvp(f, x, x, power=3), 6 * x * x)
    assert tg.gradcheck(f, x, power=3)


def test_nested_parameters_come_back_in_their_nesting() -> None:
    parameters = {
        "layers": [Layer(np.ones((2, 2)), np.zeros(2)), (np.full((2, 1), 2.0), 3.0)],
        "scale": 2.0,
        "none": [],
    }

    def f(p: Any, x: Any) -> Any:
        (w, b), (v, c) = p["layers"]
        return (((x @ w + b) @ v + c) * p["scale"]).sum()

    x = np.array([[1.0, 2.0]])
    for given in (x, Tensor(x)):
        value, slopes = tg.value_and_grad(f)(parameters, given)
        assert value.item() == 30.0
        assert list(slopes) == list(parameters)
        first, second = slopes["layers"]
        assert type(first) is Layer
        assert type(second) is tuple
        assert slopes["none"] == []
        close(first.w, 4 * x.T @ np.ones((1, 2)))
        close(first.b, [4.0, 4.0])
        close(second[0], [[6.0], [6.0]])
        close(second[1], 2.0)
        close(slopes["scale"], 15.0)
    close(tg.jacobian(lambda p: p["a"] * p["b"])({"a": np.ones(2), "b": 3.0})["b"], np.ones(2))
    change = tg.jvp(f, (parameters, x), (slopes, x * 0))[1]
    expected = sum(float((np.asarray(g.detach()) ** 2).sum()) for g in (*first, *second, slopes["scale"]))
    close(change, expected)


def test_has_aux_hands_anything_through() -> None:
    def f(x: Any) -> Any:
        return (x * x).sum(), {"seen": 7}

    (value, aux), slope = tg.value_and_grad(f, has_aux=True)(np.array([3.0]))
    assert (float(value), aux) == (9.0, {"seen": 7})
    close(slope, [6.0])
    slope, aux = tg.grad(f, has_aux=True)(np.array([3.0]))
    assert aux == {"seen": 7}
    close(slope, [6.0])
    for bad in (lambda x: x, lambda x: (x, 1, 2), lambda x: [x, 1]):
        with pytest.raises(GradientError, match="pair"):
            tg.grad(bad, has_aux=True)(1.0)


def test_names_and_docstrings_of_functions_are_kept() -> None:
    def cost(x: Any) -> Any:
        """The cost."""
        return x

    for transform in (tg.grad, tg.value_and_grad, tg.jacobian, tg.hessian):
        assert (transform(cost).__name__, transform(cost).__doc__) == ("cost", "The cost.")


def test_functions_that_ignore_their_input_have_derivative_zero() -> None:
    x, shape = np.ones((2, 3)), (2, 3)
    constants: list[Callable[[Any], Any]] = [
        lambda x: 3.0, lambda x: np.float64(3.0), lambda x: Tensor(3.0), lambda x: tg.stop_gradient(x).sum(),
        lambda x: (x.detach() if isinstance(x, Tensor) else x).sum(), lambda x: np.zeros_like(x).sum(),
    ]  # fmt: skip
    for f in constants:
        close(tg.grad(f)(x), np.zeros(shape))
        close(tg.hessian(f)(x), np.zeros(shape + shape))
        close(tg.hvp(f, x, x), np.zeros(shape))
        close(tg.jvp(f, x, x)[1], 0.0)
        close(tg.vjp(f, x)[1](1.0)[0], np.zeros(shape))
        close(tg.jacobian(f)(x), np.zeros(shape))
    both = tg.grad(lambda x, y: (x * x).sum(), argnums=(0, 1))(x, np.ones(4, np.float32))
    close(both[1], np.zeros(4))
    assert both[1].dtype == np.float32
    close(tg.jacobian(lambda x: x[:0])(np.ones(3)), np.zeros((0, 3)))
    close(tg.hessian(lambda x: (2 * x).sum())(np.ones(2)), np.zeros((2, 2)))


def test_pullbacks_may_be_called_again_and_nobody_can_spoil_them() -> None:
    for f, slope in ((np.exp, np.exp), (np.tanh, lambda x: 1 - np.tanh(x) ** 2), (lambda x: x, np.ones_like)):
        x = np.array([0.0, 1.0])
        expected = slope(x.copy())
        value, pullback = tg.vjp(f, x)
        if value.flags.writeable:
            value[:] = 99
        x[:] = 98
        for _ in range(2):
            cotangent = np.array([1.0, 2.0])
            (got,) = pullback(cotangent)
            close(got, expected * [1, 2])
            got[:] = 97
            close(cotangent, [1.0, 2.0])


# --- all orders, against 50 digits --------------------------------------------------------------------------------

SMOOTH: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "exp": (np.exp, mpmath.exp),
    "sin": (np.sin, mpmath.sin),
    "sigmoid": (tg.sigmoid, lambda x: 1 / (1 + mpmath.exp(-x))),
    "tanh": (tg.tanh, mpmath.tanh),
    "softplus": (tg.softplus, lambda x: mpmath.log(1 + mpmath.exp(x))),
    "log": (np.log, mpmath.log),
    "sqrt": (np.sqrt, mpmath.sqrt),
    "power": (lambda x: x**2.5, lambda x: x ** mpmath.mpf(2.5)),
    "quotient": (lambda x: np.sin(x) / (1 + x * x), lambda x: mpmath.sin(x) / (1 + x * x)),
}


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("x", [0.3, 1.7])
def test_derivatives_up_to_the_fifth(name: str, x: float) -> None:
    f, exact = SMOOTH[name]
    with mpmath.workdps(50):
        expected = [float(mpmath.diff(exact, x, n)) for n in range(6)]
    derivative = f
    for order in range(1, 6):
        derivative = tg.grad(derivative)
        assert float(derivative(x)) == pytest.approx(expected[order], rel=1e-10), f"order {order}"


def test_forward_and_reverse_may_be_nested_in_any_order() -> None:
    def forward(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda x: tg.jvp(f, x, np.ones_like(x) if is_plain(x) else Tensor(1.0))[1]

    def pulled(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda x: tg.vjp(f, x)[1](Tensor(1.0) if isinstance(x, Tensor) else np.float64(1))[0]

    modes = {"grad": tg.grad, "jvp": forward, "vjp": pulled, "jacobian": tg.jacobian}
    x = np.float64(0.7)
    for outer in modes:
        for middle in modes:
            for inner in modes:
                close(modes[outer](modes[middle](modes[inner](np.sin)))(x), -np.cos(x))
    close(tg.grad(lambda x: tg.hvp(lambda x: np.sin(x), x, 1.0))(x), -np.cos(x))
    close(tg.grad(tg.hessian(np.sin))(x), -np.cos(x))


def test_jacobian_and_hessian_shapes_and_values() -> None:
    x = np.random.default_rng(0).standard_normal((2, 3))
    a = np.random.default_rng(1).standard_normal((4, 2))
    jacobian = tg.jacobian(lambda x: a @ x)(x)
    close(jacobian, np.einsum("ij,kl->ikjl", a, np.eye(3)))
    hessian = tg.hessian(lambda x: ((a @ x) ** 2).sum())(x)
    close(hessian, 2 * np.einsum("ij,ik,lm->jlkm", a, a, np.eye(3)), 1e-12)
    direction = np.random.default_rng(2).standard_normal((2, 3))
    close(tg.hvp(lambda x: ((a @ x) ** 2).sum(), x, direction), np.tensordot(hessian, direction, 2), 1e-12)
    mixed = tg.jacobian(tg.grad(lambda x, y: (x**2 * y).sum(), 0), 1)(x[0], x[1])
    close(mixed, np.diag(2 * x[0]))
    of_gradient = tg.jacobian(tg.grad(lambda x: (np.sin(x) ** 2).prod()))(x[0])
    close(of_gradient, tg.hessian(lambda x: (np.sin(x) ** 2).prod())(x[0]))
    close(of_gradient, of_gradient.T)


# --- perturbations do not mix -------------------------------------------------------------------------------------

NESTED: dict[str, tuple[Callable[[Any], Any], float, float]] = {
    "d/dx [d/dy y(x−y)] at y = x": (lambda x: tg.grad(lambda y: y * (x - y))(x), 1.0, -1.0),
    "x d/dy (x+y)": (lambda x: x * tg.grad(lambda y: x + y)(x), 3.0, 1.0),
    "x d/dy (x+y) at a number": (lambda x: x * tg.grad(lambda y: x + y)(2.0), 3.0, 1.0),
    "x d/dy xy at a number": (lambda x: x * tg.grad(lambda y: x * y)(1.0), 3.0, 6.0),
    "keyword": (lambda k: tg.grad(lambda x, k: x * k * k)(2.0, k=k), 3.0, 6.0),
    "other argument": (lambda k: tg.grad(lambda x, k: x * k * k)(2.0, k), 3.0, 6.0),
    "value_and_grad": (lambda x: tg.value_and_grad(lambda y: x * y * y)(2.0)[1], 3.0, 4.0),
    "its value": (lambda x: tg.value_and_grad(lambda y: x * y * y)(2.0)[0], 3.0, 4.0),
    "jvp": (lambda x: tg.jvp(lambda y: x * y, 1.0, 1.0)[1], 3.0, 1.0),
    "jvp's value": (lambda x: tg.jvp(lambda y: x * y, 1.0, 1.0)[0], 3.0, 1.0),
    "jvp's tangent": (lambda x: tg.jvp(lambda y: y * y, 2.0, x)[1], 3.0, 4.0),
    "vjp": (lambda x: tg.vjp(lambda y: x * y, 1.0)[1](1.0)[0], 3.0, 1.0),
    "vjp's value": (lambda x: tg.vjp(lambda y: x * y, 5.0)[0], 3.0, 5.0),
    "vjp's cotangent": (lambda x: tg.vjp(lambda y: y * y, 2.0)[1](x)[0], 3.0, 4.0),
    "jacobian": (lambda x: tg.jacobian(lambda y: x * y)(np.ones(2)).sum(), 3.0, 2.0),
    "hessian": (lambda x: tg.hessian(lambda y: (x * y * y).sum())(np.ones(2)).sum(), 3.0, 4.0),
    "hvp": (lambda x: tg.hvp(lambda y: x * y * y, 1.0, 1.0), 3.0, 2.0),
    "three deep": (lambda x: tg.grad(lambda y: tg.grad(lambda z: x * y * y * z * z)(x))(x), 1.0, 4 + 8),
    "reused variable": (lambda x: tg.grad(lambda x: tg.grad(lambda x: x**4)(x) * x)(x), 1.0, 48.0),
    "through a stop": (lambda x: tg.grad(lambda y: tg.stop_gradient(x) * y * y)(x), 3.0, 6.0),
}


@pytest.mark.parametrize("name", NESTED)
def test_nested_derivatives_keep_their_variables_apart(name: str) -> None:
    f, x, expected = NESTED[name]
    for derivative in (tg.grad(f)(x), tg.jvp(f, x, 1.0)[1], tg.jacobian(f)(x), tg.vjp(f, x)[1](1.0)[0]):
        close(derivative, expected)


def test_a_leaf_that_a_function_closes_over_is_tracked_where_tensors_go_in() -> None:
    w = Tensor(3.0, requires_grad=True)
    (w * tg.grad(lambda y: w * y * y)(Tensor(2.0))).backward()
    close(w.grad, 24.0)
    w.zero_grad()
    tg.vjp(lambda y: w * y * y, Tensor(2.0))[1](1.0)[0].backward()
    close(w.grad, 4.0)
    assert is_plain(tg.grad(lambda y: w * y * y)(2.0))


def test_transforms_touch_no_grad_of_anyone() -> None:
    w, x = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)
    tg.grad(lambda y: w * y * y)(x)
    tg.hvp(lambda y: w * y * y, x, 1.0)
    assert w.grad is None
    assert x.grad is None


def test_no_grad_around_a_transform_or_inside_its_function() -> None:
    def cube(x: Any) -> Any:
        return x**3

    with tg.no_grad():
        close(tg.grad(cube)(2.0), 12.0)
        close(tg.grad(cube)(Tensor(2.0)), 12.0)
        close(tg.grad(tg.grad(cube))(2.0), 12.0)
        close(tg.hessian(cube)(2.0), 12.0)
        close(tg.jvp(cube, 2.0, 1.0)[1], 12.0)
        close(tg.jvp(cube, Tensor(2.0), 1.0)[1], 12.0)
        close(tg.hvp(cube, 2.0, 1.0), 12.0)
        close(tg.hvp(cube, Tensor(2.0), 1.0), 12.0)
        close(tg.vjp(cube, 2.0)[1](1.0)[0], 12.0)
        close(tg.jacobian(cube)(np.array([1.0, 2.0])), np.diag([3.0, 12.0]))
        close(tg.grad(lambda x: tg.jvp(cube, x, 1.0)[1])(2.0), 12.0)
        assert not (Tensor(1.0, requires_grad=True) * 2).requires_grad

    def partly(x: Any) -> Any:
        with tg.no_grad():
            frozen = x * 5
        return x * frozen

    close(tg.grad(partly)(2.0), 10.0)
    assert (Tensor(1.0, requires_grad=True) * 2).requires_grad


def test_an_exception_inside_leaves_everything_as_it_was() -> None:
    def fails(x: Any) -> Any:
        raise KeyError("mine")

    with tg.no_grad():
        for transform in (tg.grad, tg.jacobian):
            with pytest.raises(KeyError, match="mine"):
                transform(fails)(1.0)
        assert not (Tensor(1.0, requires_grad=True) * 2).requires_grad
    close(tg.grad(lambda x: x * x)(3.0), 6.0)


# --- what is wrong ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transform", [tg.grad, tg.value_and_grad, tg.hessian])
def test_gradients_are_of_scalars(transform: Any) -> None:
    with pytest.raises(GradientError, match=r"scalar.*\(2,\).*jacobian"):
        transform(lambda x: x * 2)(np.ones(2))
    with pytest.raises(GradientError, match="scalar"):
        tg.hvp(lambda x: x * 2, np.ones(2), np.ones(2))


@pytest.mark.parametrize("result", [None, "a", (1.0, 2.0), [1.0], {"a": 1.0}])
def test_functions_return_one_tensor(result: Any) -> None:
    for derivative in (tg.grad(lambda x: result), tg.jacobian(lambda x: result), lambda x: tg.vjp(lambda x: result, x)):
        with pytest.raises(GradientError, match="must return one Tensor"):
            derivative(1.0)


@pytest.mark.parametrize("x", [3, np.arange(3), True, [1.0, 2], {"w": 1}, "a", None, 1j])
def test_what_has_no_derivative_is_a_dtype_error(x: Any) -> None:
    for derivative in (
        tg.grad(lambda x: 1.0),
        lambda x: tg.jvp(lambda x: 1.0, x, x),
        lambda x: tg.vjp(lambda x: 1.0, x),
    ):
        with pytest.raises(DTypeError):
            derivative(x)
    with pytest.raises(DTypeError, match="returned dtype"):
        tg.grad(lambda x: x > 0)(1.0)


def test_tangents_and_cotangents_have_their_partners_shape() -> None:
    x = np.ones(3)
    for call in (
        lambda: tg.jvp(np.sin, x, np.ones(2)), lambda: tg.vjp(np.sin, x)[1](np.ones(2)), lambda: tg.vjp(np.sin, x)[1](1.0),
        lambda: tg.hvp(lambda x: x.sum(), x, np.ones((3, 1))),
    ):  # fmt: skip
        with pytest.raises(ShapeError, match="shape"):
            call()
    for call in (lambda: tg.jvp(np.add, (x, x), (x,)), lambda: tg.hvp(lambda x, y: (x * y).sum(), (x, x), (x,))):
        with pytest.raises(ShapeError, match="nested as the primals"):
            call()


def test_nested_tangents_are_matched_by_key_and_other_nestings_are_refused() -> None:
    def f(p: Any) -> Any:
        return p["a"] ** 2 + 3 * p["b"] ** 2

    primal, tangent = {"a": 1.0, "b": 1.0}, {"b": 1.0, "a": 0.0}
    close(tg.jvp(f, (primal,), (tangent,))[1], 6.0)
    product = tg.hvp(f, primal, tangent)
    close(product["a"], 0.0)
    close(product["b"], 6.0)
    for wrong in ({"a": 1.0, "c": 1.0}, [1.0, 1.0], {"a": 1.0}):
        with pytest.raises(ShapeError):
            tg.jvp(f, (primal,), (wrong,))
        with pytest.raises(ShapeError):
            tg.hvp(f, primal, wrong)
