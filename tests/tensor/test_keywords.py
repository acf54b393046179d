"""Keywords of other libraries: each that the table knows is refused, with what to write; what is to be written is there."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.tensors import leaf, tracked
from tinygrad_lite import errors
from tinygrad_lite.tensor.keywords import KEYWORDS, METHOD, answering, refused

X, LABELS = np.arange(6.0).reshape(2, 3) / 6, np.array([0, 2])
HOT = np.eye(3)[LABELS]
RNG = np.random.default_rng(0)


def _square(x: Any) -> Any:
    return (x * x).sum()


def _loss() -> Any:
    w = leaf([1.0, 2.0])
    return (w * w).sum()


def _model() -> tg.nn.MLP:
    return tg.nn.MLP([3, 2], rng=0)


def _activation(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda **others: f(tracked((2, 3)), **others)


def _optimiser(kind: Any) -> Callable[..., Any]:
    return lambda **others: kind(_model().parameters(), lr=0.1, **others)


def _transform(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda **others: f(_square, **others)


# How each function is called, to which a keyword is added; and the function itself.
CALLS: dict[str, tuple[Callable[..., Any], Any]] = {
    "tg.Tensor": (lambda **others: tg.Tensor(X, **others), tg.Tensor),
    "t.backward": (lambda **others: _loss().backward(**others), tg.Tensor.backward),
    "t.flatten": (lambda **others: tracked((2, 3)).flatten(**others), tg.Tensor.flatten),
    **{f"tg.{f.__name__}": (_activation(f), f) for f in (tg.sigmoid, tg.tanh, tg.relu, tg.leaky_relu, tg.softplus)},
    **{f"tg.{f.__name__}": (_activation(f), f) for f in (tg.softmax, tg.log_softmax, tg.logsumexp)},
    "tg.quadratic_cost": (lambda **others: tg.quadratic_cost(tracked((2, 3)), HOT, **others), tg.quadratic_cost),
    "tg.cross_entropy": (lambda **others: tg.cross_entropy(tg.sigmoid(tracked((2, 3))), HOT, **others), tg.cross_entropy),
    "tg.log_likelihood": (lambda **others: tg.log_likelihood(tg.softmax(tracked((2, 3))), LABELS, **others), tg.log_likelihood),
    "tg.cross_entropy_with_logits": (lambda **others: tg.cross_entropy_with_logits(tracked((2, 3)), HOT, **others), tg.cross_entropy_with_logits),
    "tg.log_likelihood_with_logits": (lambda **others: tg.log_likelihood_with_logits(X, LABELS, **others), tg.log_likelihood_with_logits),
    "tg.one_hot": (lambda **others: tg.one_hot(LABELS, 3, **others), tg.one_hot),
    **{f"tg.{f.__name__}": (_transform(f), f) for f in (tg.grad, tg.value_and_grad, tg.jacobian, tg.hessian, tg.vmap, tg.compile)},
    "tg.draw": (lambda **others: tg.draw(_loss(), **others), tg.draw),
    "tg.nn.Linear": (lambda **others: tg.nn.Linear(2, 3, **others), tg.nn.Linear),
    "tg.nn.MLP": (lambda **others: tg.nn.MLP([2, 3], **others), tg.nn.MLP),
    "tg.nn.Sequential": (lambda **others: tg.nn.Sequential(tg.relu, **others), tg.nn.Sequential),
    "tg.nn.l2": (lambda **others: tg.nn.l2(_model(), 0.1, **others), tg.nn.l2),
    "model.zero_grad": (lambda **others: _model().zero_grad(**others), tg.nn.Module.zero_grad),
    "model.load_state_dict": (lambda **others: _model().load_state_dict(_model().state_dict(), **others), tg.nn.Module.load_state_dict),
    "model.summary": (lambda **others: _model().summary(**others), tg.nn.Module.summary),
    "optimiser.zero_grad": (lambda **others: _optimiser(tg.optim.Adam)().zero_grad(**others), tg.optim.Optimizer.zero_grad),
    "tg.optim.SGD": (_optimiser(tg.optim.SGD), tg.optim.SGD),
    "tg.optim.Adam": (_optimiser(tg.optim.Adam), tg.optim.Adam),
    "tg.data.batches": (lambda **others: tg.data.batches(X, LABELS, 2, RNG, **others), tg.data.batches),
    "tg.data.mnist": (lambda **others: tg.data.mnist("nowhere", **others), tg.data.mnist),
    "tg.data.digits": (lambda **others: tg.data.digits(**others), tg.data.digits),
}  # fmt: skip

ALL = [(what, keyword) for what, said in KEYWORDS.items() for keyword in said]


def test_each_function_of_the_table_is_tried() -> None:
    assert CALLS.keys() == KEYWORDS.keys()
    assert len(ALL) > 150


@pytest.mark.parametrize("what", [what for what in CALLS if what != "tg.data.mnist"])
def test_without_the_keyword_the_call_works(what: str) -> None:
    CALLS[what][0]()


@pytest.mark.parametrize(("what", "keyword"), ALL)
def test_a_keyword_of_another_library_is_answered(what: str, keyword: str) -> None:
    call, function = CALLS[what]
    parameter = inspect.signature(function).parameters.get(keyword)
    # What runs in every step has it as a parameter that can only be left out. Sequential(*layers) has the name of all.
    assert parameter is None or parameter.annotation == "None" or parameter.kind is parameter.VAR_POSITIONAL
    for value in (2, True, False, "mean"):
        with pytest.raises(errors.UnsupportedError) as caught:
            call(**{keyword: value})
        assert str(caught.value) == f"{what} takes no {keyword}=; {KEYWORDS[what][keyword]}."
        assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize("what", CALLS)
def test_a_keyword_that_nobody_knows_is_a_type_error(what: str) -> None:
    with pytest.raises(TypeError, match="nobody"):
        CALLS[what][0](nobody=1)


@pytest.mark.parametrize("what", CALLS)
def test_the_keywords_that_are_to_be_written_are_taken(what: str) -> None:
    parameters = inspect.signature(CALLS[what][1]).parameters
    written = {name for said in KEYWORDS[what].values() for name in re.findall(r"write (\w+)=", said)}
    assert written <= parameters.keys()


def test_several_keywords_are_answered_together_and_those_that_are_taken_are_not_named() -> None:
    with pytest.raises(
        errors.UnsupportedError,
        match=r"^tg\.nn\.Linear takes no in_features=; write n_in=\. It takes no out_features=; write n_out=\.$",
    ):
        tg.nn.Linear(in_features=2, out_features=3, bias=False)  # type: ignore[call-arg]
    with pytest.raises(errors.UnsupportedError, match=r"^t\.argmax takes no keepdim=; write keepdims=\.$"):
        tracked((2, 3)).argmax(axis=0, keepdim=True)


def test_a_function_that_answers_looks_and_works_as_it_did() -> None:
    def vmap(f: int, in_axes: int = 0) -> int:
        """Its own words."""
        return f + in_axes

    answered = answering("tg.vmap")(vmap)
    assert (answered(1), answered(1, in_axes=2), answered(f=3)) == (1, 3, 3)
    assert (answered.__name__, answered.__doc__) == ("vmap", "Its own words.")
    assert inspect.signature(answered) == inspect.signature(vmap)
    with pytest.raises(TypeError, match="in_axis") as caught:
        answered(1, in_axis=1)  # type: ignore[call-arg]
    assert not isinstance(caught.value, errors.TinygradLiteError)


def test_a_composite_of_the_user_takes_what_its_function_takes() -> None:
    @tg.composite
    def softmax(t: Any, dim: int = 0) -> Any:
        return np.exp(t) / np.exp(t).sum(axis=dim, keepdims=True)

    assert softmax(tracked((2, 3)), dim=1).shape == (2, 3)


def test_what_is_smoothed_as_the_answer_says_is_the_cost_of_smoothed_targets() -> None:
    z, s, n, m = tracked((2, 3)), 0.1, 3, 2
    t = (1 - s) * tg.one_hot(LABELS, n) + s / n
    costs = [tg.log_likelihood_with_logits(z, np.full(m, k)).item() for k in range(n)]
    wanted = (1 - s) * tg.log_likelihood_with_logits(z, LABELS).item() + s * np.mean(costs)
    np.testing.assert_allclose((-np.sum(t * tg.log_softmax(z)) / m).item(), wanted, rtol=1e-12)


def test_methods_answer_by_the_same_words() -> None:
    assert str(refused("t.mean", ["dim", "foo"], METHOD)) == "t.mean takes no dim=; write axis=."
