"""What is said of an answer: right, follows, wrong, shape, error or missing, and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.exercises.judging.kinds import KINDS
from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises import Exercise, StepVerdict, load
from tinygrad_lite.exercises.answers.vocabulary import Vocabulary
from tinygrad_lite.exercises.judging.describing import unknown
from tinygrad_lite.exercises.judging.forms import same_form
from tinygrad_lite.exercises.judging.judge import judged

NET = load("two-layers")


def said(step: str, **answers: Any) -> StepVerdict:
    return NET.check(**answers)[step]


def text(verdict: StepVerdict) -> str:
    return " | ".join([str(verdict.slip or ""), *map(str, verdict.notes)])


# --- outcomes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [None, "", "  ", "...", "…", ...])
def test_what_is_not_written_yet_is_missing(answer: Any) -> None:
    assert said("z2", dz2=answer).outcome == "missing"


def test_two_answers_for_one_step_are_refused_with_both_names() -> None:
    with pytest.raises(ExerciseError, match="dW1 and dW1_lk are both answers"):
        NET.check(dW1="x.T @ dz1", dW1_lk="Σ_i x_il δ⁽¹⁾_ik")


@pytest.mark.parametrize("left", ["dz2", "dz2_ij", "delta2", "dC_dz2"])
def test_a_left_side_may_be_any_name_of_the_gradient(left: str) -> None:
    assert judged(NET, {left: "(a2_ij − y_ij)/m"})["z2"].outcome == "right"


def test_a_left_side_that_no_step_has_lists_the_steps() -> None:
    with pytest.raises(ExerciseError, match="no step of this exercise is answered by 'dq'; the steps are da2, dz2"):
        NET.check(dq="x")


def test_numbers_are_refused_because_they_are_right_at_one_point_only() -> None:
    for answer in (np.ones((3, 2)), tg.Tensor([1.0]), [1.0, 2.0]):
        verdict = said("z2", dz2=answer)
        assert verdict.outcome == "error"
        assert 'give a formula, as in dz2="(a - y)/m"' in text(verdict)


def test_a_number_is_a_formula() -> None:
    def cost(z: Any, b: Any) -> Any:
        c = z + b
        return c

    assert Exercise(cost, "b").check(db=1)["b"].outcome == "right"
    assert Exercise(cost, "b").check(db=2)["b"].outcome == "wrong"


# --- shapes ------------------------------------------------------------------------------------------------------


def test_an_answer_that_numpy_would_repeat_has_the_wrong_shape() -> None:
    verdict = said("b2", db2="sum(a2 - y, axis=0, keepdims=True)/m")
    assert verdict.outcome == "shape"
    assert "the shape is (1, J), and the gradient by b2 is (J,)" in text(verdict)
    assert said("b1", db1=lambda dz1: dz1[:1]).outcome == "shape"


def test_an_answer_of_one_number_is_said_to_be_repeated() -> None:
    verdict = said("b1", db1="sum(dz1)")
    assert verdict.outcome == "shape"
    assert "NumPy would repeat it without a word" in text(verdict)


def test_a_formula_without_axes_counts_for_every_element() -> None:
    assert KINDS["linear"].check(dz="1/m")["z"].outcome == "right"
    assert KINDS["linear"].check(dz=lambda m: 1 / m)["z"].outcome == "shape"


def test_shapes_that_do_not_fit_are_shown_by_their_sizes_at_the_operator() -> None:
    verdict = said("a1", da1="dz2 @ W2")
    assert verdict.outcome == "error"
    assert text(verdict).splitlines() == [
        " | the shapes (m, J) and (h, J) do not fit at this @:", "  dz2 @ W2", "      ^"
    ]  # fmt: skip


def test_a_division_by_zero_of_numbers_is_no_matter_of_shapes() -> None:
    verdict = said("z2", dz2="a2 * (1/0)")
    assert verdict.outcome == "error"
    assert "a division by 0" in text(verdict)
    assert "shapes" not in text(verdict)


# --- letters -----------------------------------------------------------------------------------------------------


def test_letters_of_the_left_side_order_the_axes() -> None:
    assert said("W2", dW2_pq="(1/m) Σ_i a1_ip (a2_iq − y_iq)").outcome == "right"
    turned = said("W2", dW2_qp="(1/m) Σ_i a1_ip (a2_iq − y_iq)")
    assert turned.outcome == "shape"
    assert turned.slip is not None
    assert turned.slip.key == "transposed"


def test_letters_of_a_left_side_in_the_text_count_as_well() -> None:
    assert said("W2", dW2="∂C/∂W2_pq = (1/m) Σ_i a1_ip (a2_iq − y_iq)").outcome == "right"
    assert said("W2", dW2="∂C/∂W2_qp = (1/m) Σ_i a1_ip (a2_iq − y_iq)").outcome == "shape"


def test_a_left_side_of_another_step_is_refused() -> None:
    verdict = said("W2", dW2="∂C/∂W1_jk = x_jk")
    assert verdict.outcome == "error"
    assert "the left side is not dW2" in text(verdict)


def test_where_an_axis_comes_twice_the_letters_decide() -> None:
    recurrent = KINDS["recurrent"]
    last = [s for s in recurrent.derivation.steps if s.between[-1] == "W"][-1]
    right = recurrent.check(dW=str(last))["W"].outcome
    letters = last.indices
    turned = recurrent.check(**{f"dW_{letters[1]}{letters[0]}": last.right})["W"].outcome
    assert (right, turned) == ("right", "wrong")
    unclear = recurrent.check(dW="Σ_i h0_i h0_p h0_q")["W"]
    assert unclear.outcome == "shape"
    assert "which one is 'p'?" in text(unclear)


def test_a_letter_runs_over_one_axis() -> None:
    verdict = said("W2", dW2="Σ_i a1_ij (a2_ij − y_ij)")
    assert verdict.outcome == "shape"
    assert "j runs over the axis h at a1, and over J at a2" in text(verdict)


# --- products without a sign -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id", "left", "text"),
    [
        ("two-layers", "da2", "(a2 − y)/(m a2 (1 − a2))"),
        ("two-layers", "dW1", "x⊤ δ1"),
        ("two-layers", "dz1", "(dz2 W2⊤) a1 (1 − a1)"),
        ("two-layers", "dz1", "(dz2 @ W2.T) · σ′(z1)"),
        ("output-layer", "dW2", "(a2 − y) a1⊤"),
        ("two-layers", "da2", "(a2 − y)/(m a2(1 − a2))"),
        ("two-layers", "dz2", "da2(a2 − a2²)"),
        ("two-layers", "dz2", "−1/m (y − a2)"),
        ("two-layers", "dW2", "a1.T(a2 − y)/m"),
        ("softmax", "dz", "np.diag(a) − np.outer(a, a)"),
        ("weight-decay", "dw", "xᵀ(a − y)/m + λ w"),
        ("weight-decay", "dw", lambda x, dz, w, lambda_: x.T @ dz + lambda_ * w),
        ("recurrent", "dh1", "W⊤ ((h2 − y) (1 − h2²))"),
    ],
)
def test_a_product_without_a_sign_is_what_the_shapes_allow(id: str, left: str, text: Any) -> None:
    exercise = KINDS.get(id) or load(id)
    assert judged(exercise, {left: text})[left[1:]].outcome == "right"


def test_a_product_without_a_sign_that_may_be_two_things_is_refused() -> None:
    verdict = load("tied-weights").check(dw="w x · 2")["w"]
    assert verdict.outcome in ("wrong", "right")  # numbers have one product
    assert "for arrays write * (element by element) or @" in text(KINDS["recurrent"].check(dW="W W")["W"])
    assert "for arrays write * (element by element) or @" in text(KINDS["hinge"].check(ds="y · s")["s"])
    assert "the shapes (m, J) and (h, J) do not fit in this product" in text(said("a1", da1="dz2 W2"))
    verdict = load("autoencoder").check(dW="a^T dr + x^T dz", dr="(r - x)/m", dz=lambda dr, W, a: dr @ W * a * (1 - a))
    assert "the shapes (h, n) and (n, h) do not fit at this +" in verdict["W"].notes[0].text
    assert "do not fit" in text(said("a1", da1="log(z2) @ W2"))  # NumPy warns of nothing, also where z2 < 0


# --- names -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["dz2", "δ⁽²⁾", "∂C/∂z2", "dC/dz_2", "\\frac{\\partial C}{\\partial z^{(2)}}"])
def test_the_gradient_that_is_asked_for_is_no_answer(name: str) -> None:
    verdict = said("z2", dz2=name)
    assert verdict.outcome == "error"
    assert "is what is asked for here" in text(verdict)


def test_gradients_below_are_no_answer() -> None:
    assert "'dW2' comes after dz2" in text(said("z2", dz2="dW2"))
    assert "'dW2' comes after dz2" in text(said("z2", dz2=lambda dW2: dW2))


@pytest.mark.parametrize("spelling", ["dz1", "delta1", "δ⁽¹⁾", "∂C/∂z1", "dC/dz1", "dC_dz1"])
def test_an_earlier_gradient_is_taken_as_done_in_every_spelling(spelling: str) -> None:
    assert said("W1", dW1=f"x.T @ {spelling}").outcome == "right"


def test_an_unknown_name_is_pointed_at_with_those_that_are_there() -> None:
    verdict = said("z2", dz2="(a2 − yy)/m")
    assert verdict.outcome == "error"
    assert "'yy' is no name of this exercise; the names are x, W1" in text(verdict)
    assert text(verdict).endswith("  (a2 − yy)/m\n        ^")


def test_a_very_long_name_is_cut_in_the_message() -> None:
    (note,) = said("z2", dz2="x" * 9999).notes
    assert "x" * 39 + "…' is no name" in note.text
    assert len(note.text) < 400


def test_a_local_derivative_of_named_values_is_a_name() -> None:
    names = Vocabulary(load("softmax-batch"), "z", load("softmax-batch").point(0), {})
    m, J = (names.point.sizes[size] for size in ("m", "J"))
    assert names.of("∂a/∂z", 3).shape == (m, J, J)
    assert names.of("∂a/∂z", 4).shape == (m, J, m, J)
    assert names.of("∂z/∂b").shape == (m, J, J)
    assert Vocabulary(NET, "z2", NET.point(0), {}).of("∂a2/∂z2", 2).shape == NET.point(0).values["z2"].shape


@pytest.mark.parametrize(
    ("id", "left", "text"),
    [
        ("two-layers", "dz2", "∂C/∂a2_ij ∂a2_ij/∂z2_ij"),
        ("log-likelihood", "dz", "Σ_i ∂C/∂a_i ∂a_i/∂z_j"),
        ("one-neuron", "dw", "dz ∂z/∂w"),
        ("one-neuron", "dw", "da da/dw"),
        ("tanh-and-sigmoid", "dt", "∂a/∂t"),
    ],
)
def test_the_chain_rule_alone_is_no_answer(id: str, left: str, text: str) -> None:
    step = judged(load(id), {left: text})[left[1:]]
    assert step.outcome == "error"
    assert any(words in step.notes[0].text for words in ("this is the chain rule itself", "is what is asked for"))


def test_a_local_derivative_that_the_derivation_leaves_or_beside_values_is_an_answer() -> None:
    assert said("z2", dz2="((a2_ij − y_ij)/(m a2_ij (1 − a2_ij))) ∂a2_ij/∂z2_ij").outcome == "right"
    assert said("a1", da1="∂C/∂z2 @ W2.T").outcome == "right"
    assert load("tanh-and-sigmoid").check(dz="1/2 · ∂t/∂z")["z"].outcome == "right"


@pytest.mark.parametrize("text", ["np.einsum('ij,ik->jk', x, dz1)", "dz1.reshape(-1)", "[x[i] for i in range(m)]"])
def test_numpy_code_in_quotes_is_told_that_it_stands_without(text: str) -> None:
    note = said("W1", dW1=text).notes[0].text
    assert "NumPy code stands without quotes" in note
    assert len(note) < 250
    assert "without quotes" not in said("W1", dW1="x (a1").notes[0].text


def test_two_names_without_a_space_are_a_product() -> None:
    assert load("one-neuron").check(dz="(σ(wx+b)−y)σ′(wx+b)")["z"].outcome == "right"
    assert load("weight-decay").check(dw="x^T (a-y)/m + λw")["w"].outcome == "right"
    assert "'yy' is no name of this exercise; the names" in said("z2", dz2="yy/m").notes[0].text


def test_a_delta_without_a_layer_is_told_the_layers_that_there_are() -> None:
    step = load("output-layer").check(dW2_jk="δ_j a1_k")["W2"]
    assert "δ has a layer here: write δ⁽²⁾ or dz2" in step.notes[0].text


def test_a_slope_without_its_argument_is_told_so() -> None:
    step = load("one-neuron").check(dz="(a − y) σ'")["z"]
    assert "σ′ is the slope of a function: write its argument, as in σ′(z)" in step.notes[0].text


def test_the_slope_of_an_activation_is_that_of_the_cost() -> None:
    leaky = KINDS["leaky"]
    assert leaky.check(dz="(a_i − y_i) leaky_relu′(z_i)/m")["z"].outcome == "right"


def test_values_without_a_name_have_the_names_of_the_derivation() -> None:
    encoder = KINDS["encoder"]
    assert "z" not in encoder.point(0).nodes
    assert "z" in encoder.derivation.values
    assert encoder.check(dW="Σ_i u_ik (r_ij − x_ij) + Σ_i x_ij ∂C/∂z_ik")["W"].outcome == "right"
    assert encoder.check(dW="Σ_i u_ik (r_ij − x_ij) + Σ_i x_ij ∂C/∂u_ik ∂u_ik/∂z_ik")["W"].outcome == "right"


# --- functions ---------------------------------------------------------------------------------------------------


def test_a_function_may_write_into_what_it_gets() -> None:
    def greedy(a2: Any, y: Any, m: Any) -> Any:
        a2 -= y
        a2 /= m
        return a2

    assert said("z2", dz2=greedy).outcome == "right"
    assert said("z2", dz2="(a2 − y)/m").outcome == "right"


def _nothing(a2: Any) -> None:
    a2 + 1


@pytest.mark.parametrize(
    ("function", "key", "words"),
    [
        (_nothing, "nothing", "does the function end with return?"),
        (lambda a2: 1j * a2, "complex", "the answer is complex"),
        (lambda a2: "a2", "type", "of type str"),
        (lambda a2: [[1.0], [1.0, 2.0]], "type", "rows have different lengths"),
        (lambda q: q, "unknown", "'q' is no name of this exercise"),
        (lambda *a: a, "type", "names nothing"),
        (lambda a2: 1 / 0, "raised", "ZeroDivisionError: division by zero"),
        (lambda a2, y: np.sqrt(a2 - y), "not finite", "elements are nan"),
        (lambda a2: a2 / 0, "not finite", "is there a log"),
    ],
)
def test_a_function_that_gives_no_numbers_is_told_what_it_gave(function: Any, key: str, words: str) -> None:
    verdict = said("z2", dz2=function)
    assert verdict.outcome == "error"
    assert verdict.notes[0].key == key
    assert words in verdict.notes[0].text


def test_lists_tensors_and_numbers_of_float32_are_numbers() -> None:
    assert said("z2", dz2=lambda a2, y, m: ((a2 - y) / m).tolist()).outcome == "right"
    assert said("z2", dz2=lambda a2, y, m: tg.Tensor((a2 - y) / m)).outcome == "right"
    single = said("z2", dz2=lambda a2, y, m: ((a2 - y) / m).astype(np.float32))
    assert single.outcome == "right"
    assert single.notes[0].key == "float32"


# --- follow-through ----------------------------------------------------------------------------------------------


def test_what_follows_from_a_wrong_step_is_right_given_that_step() -> None:
    verdict = NET.check(dz2="a2 - y", dW2="a1.T @ dz2", da1="dz2 @ W2.T", dz1="da1 * a1 * (1 - a1)", dW1="x.T @ dz1")
    assert [(s.step, s.outcome, s.given) for s in verdict.steps if s.outcome != "missing"] == [
        ("z2", "wrong", ()), ("W2", "follows", ("z2",)), ("a1", "follows", ("z2",)), ("z1", "follows", ("a1",)),
        ("W1", "follows", ("z1",)),
    ]  # fmt: skip


def test_given_lists_only_steps_that_the_answer_stands_on() -> None:
    verdict = NET.check(
        dz2="a2 - y",
        dW2="2 * (a1.T @ dz2)",
        da1=lambda W2, a2, y, m: (a2 - y) / m @ W2.T,
        dz1="2 * da1 * a1 * (1 - a1)",
        dW1="x.T @ dz1",
    )
    assert [verdict[s].outcome for s in ("z2", "W2", "a1", "z1", "W1")] == [
        "wrong",
        "wrong",
        "right",
        "wrong",
        "follows",
    ]
    assert verdict["W1"].given == ("z1",)


def test_a_step_that_goes_on_from_a_step_before_the_last_wrong_one_follows_from_that() -> None:
    verdict = NET.check(dz2="a2 - y", da1="dz2 @ W2.T * 2", dz1=lambda a2, y, W2, a1: (a2 - y) @ W2.T * a1 * (1 - a1))
    assert verdict["z1"].outcome == "follows"
    assert verdict["z1"].given == ("z2",)


def test_a_second_slip_is_named_beside_the_first() -> None:
    verdict = NET.check(dz2="a2 - y", da1="dz2 @ W2.T", dz1="da1 * a1")
    assert verdict["z1"].outcome == "wrong"
    assert verdict["z1"].slip is not None
    assert verdict["z1"].slip.key == "not differentiated"
    assert verdict.first_wrong is not None
    assert verdict.first_wrong.step == "z2"


def test_an_answer_of_another_shape_is_not_gone_on_from() -> None:
    verdict = NET.check(dz2="(a2 - y)[0]/m", dW2="a1.T @ dz2")
    assert (verdict["z2"].outcome, verdict["W2"].outcome) == ("shape", "right")


def test_a_slip_is_looked_for_below_the_gradient_that_an_answer_names() -> None:
    verdict = NET.check(da1="2 dz2 @ W2.T", dz1="da1 * a1 * (1 - a1)", dW1="x.T @ da1")
    assert [verdict[s].outcome for s in ("a1", "z1", "W1")] == ["wrong", "follows", "wrong"]
    assert verdict["W1"].slip is not None
    assert "+" not in verdict["W1"].slip.key
    assert "σ′(z⁽¹⁾)" in verdict["W1"].slip.text
    called = NET.check(da1="2 dz2 @ W2.T", dz1="da1 * a1 * (1 - a1)", dW1=lambda x, da1: x.T @ da1)
    assert called["W1"].slip == verdict["W1"].slip


def test_from_zeros_nothing_follows() -> None:
    verdict = load("one-neuron").check(da="0", dz="da σ′(z)", dw="0", db="0")
    assert [s.outcome for s in verdict.steps] == ["wrong"] * 4
    assert [s.slip for s in verdict.steps] == [None] * 4
    assert "0 would mean that the result does not change with a; it does." in text(verdict["a"])


# --- what else is said -------------------------------------------------------------------------------------------


def test_an_unknown_slip_is_told_its_sign_and_size_where_it_is_smallest_and_never_the_gradient() -> None:
    verdict = said("z2", dz2=lambda a2, y, m: -17.3 * (a2 - y) / m)
    assert verdict.outcome == "wrong"
    assert verdict.slip is None
    (note,) = verdict.notes
    point = min([*NET.points, *NET.unseen], key=lambda p: p.truth["z2"].size)
    where = ", ".join(f"{k} = {v}" for k, v in point.sizes.items())
    assert note.key == "unknown"
    assert f"the shape is right at {where}" in note.text
    assert "the sign is wrong; it is 17.3 times the gradient" in note.text
    assert not any(f"{x:.3g}" in note.text for x in np.abs(point.truth["z2"]).ravel())


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (-17.3, "the sign is wrong; it is 17.3 times the gradient"),
        (np.array([2.301, 2.302]), "the sign is right; it is about 2.3 times the gradient"),
        (np.array([2.3, 3.3]), "the sign is right; it is from 2.3 to 3.3 times the gradient"),
        (np.array([-2.3, 3.3]), "the sign is wrong in 4 of 8; it is from 2.3 to 3.3 times the gradient"),
        (1e-16, "every element is wrong; it is 0 but for rounding"),
    ],
)
def test_the_size_of_an_unknown_slip_is_said_as_one_number_where_it_is_one(factor: Any, words: str) -> None:
    point = min([*NET.points, *NET.unseen], key=lambda p: p.truth["z2"].size)
    values = [p.truth["z2"] * np.resize(factor, p.truth["z2"].shape[1]) for p in (point,)]
    assert words in unknown("z2", values, [point]).text


def test_a_right_step_is_told_why_and_the_form_of_the_book_where_it_has_another() -> None:
    first = "(a2_ij − y_ij)/(m a2_ij (1 − a2_ij))"
    plain = said("z2", da2=first, dz2="(a2_pq − y_pq)/m")
    assert [n.key for n in plain.notes] == ["why"]
    assert "chain rule along a⁽²⁾ = σ(z⁽²⁾)" in text(plain)
    other = said("z2", da2=first, dz2="a2/m − y/m")
    assert [n.key for n in other.notes] == ["why", "derivation"]
    assert "the derivation writes δ⁽²⁾_ij = (a⁽²⁾_ij − y_ij)/m" in text(other)


def test_the_books_form_is_told_where_it_gives_no_step_away_that_is_not_solved() -> None:
    alone = said("W2", dW2="2 a1ᵀ dz2 / 2")  # in terms of δ⁽²⁾: that it stands for is not told
    assert [n.key for n in alone.notes] == ["why", "derivation"]
    assert [n.key for n in said("z2", dz2="a2/m − y/m").notes] == ["why"]  # it is worked out from da2
    assert [n.key for n in said("z1", dz1="(dz2 @ W2.T) * (a1 − a1²)").notes] == ["why"]  # holds the form of da1
    assert [n.key for n in said("z1", da1="dz2 @ W2.T", dz1="(dz2 @ W2.T) * (a1 − a1²)").notes] == ["why", "derivation"]


@pytest.mark.parametrize(
    "form", ["x.T @ dz1", "x.T@delta1", "Σ_i x_ij δ⁽¹⁾_ik", "sum_p x_pj ∂C/∂z1_pk", "Σ_i δ⁽¹⁾_ik x_il"]
)
def test_the_order_of_factors_and_the_choice_of_letters_are_no_other_form(form: str) -> None:
    names = Vocabulary(NET, "W1", NET.point(0), {})
    assert same_form(form, "Σ_i x_il δ⁽¹⁾_ik", names) or same_form(form, "x.T @ delta1", names)
    assert not same_form(form, "Σ_i x_il δ⁽¹⁾_ik / 2", names)


def test_a_form_that_is_nan_where_sigmoids_are_flat_is_right_with_a_remark() -> None:
    naive = said("z2", dz2="-(y/a2 - (1 - y)/(1 - a2)) * a2 * (1 - a2) / m")
    assert naive.outcome == "right"
    (remark,) = [n for n in naive.notes if n.key == "saturated"]
    assert "this form gives nan, and the derivation's does not" in remark.text
    assert [n.key for n in said("z2", dz2="a2/m - y/m").notes if n.key == "saturated"] == []


def test_nothing_is_said_of_a_form_that_is_as_infinite_as_the_books() -> None:
    assert [n.key for n in said("a2", da2="(a2 - y)/(m * a2 * (1 - a2))").notes] == ["why"]


def test_where_a_value_is_infinite_nothing_is_said_of_a_form() -> None:
    def poisson(w: Any, x: Any, y: Any) -> Any:
        z = x @ w
        r = np.exp(z)
        return np.mean(r - y * z)

    exercise = Exercise(poisson, "r z w", {"w": "n", "x": "m n", "y": "m"})
    verdict = exercise.check(dz="(r - y)/m", dw="x.T @ (r - y)/m")
    assert [n.key for s in ("z", "w") for n in verdict[s].notes] == ["why", "why"]


def test_no_derivation_is_made_before_a_note_is_read() -> None:
    def fresh(w: Any, x: Any, b: Any, y: Any) -> Any:
        a = tg.sigmoid(w * x + b)
        return (y - a) ** 2 / 2

    exercise = Exercise(fresh, "a w")
    verdict = exercise.check(da="a - y", dw="(a - y) a (1 - a) x")
    assert verdict.right
    assert "derivation" not in vars(exercise)
    assert verdict["w"].notes[0].key == "why"
    assert "derivation" in vars(exercise)
