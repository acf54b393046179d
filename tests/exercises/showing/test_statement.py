"""What is given and what is asked."""

import re

import pytest

import tinygrad_lite as tg
from tests.helpers.slow import slow
from tinygrad_lite.exercises import PATH, Exercise
from tinygrad_lite.exercises.showing import statement

SOME = ["one-neuron", "curvature", *slow(*(e.id for e in PATH if e.id not in ("one-neuron", "curvature")))]


@pytest.mark.parametrize("id", SOME)
@pytest.mark.parametrize("width", [40, 80])
def test_a_statement_fits_its_width_and_asks_for_each_step(id: str, width: int) -> None:
    exercise = tg.exercises.load(id)
    lines = exercise.statement(width).splitlines()
    assert max(map(len, lines)) <= width
    asked = lines[lines.index("Derive:") :]
    assert [found[1] for line in asked if (found := re.match(r"  d(\w+) = ", line))] == list(exercise.steps)


def test_a_statement_says_what_is_given_as_the_lecture_writes_it() -> None:
    text = tg.exercises.load("slow-learning").statement()
    assert "\n  C = (1/(2 m)) Σ_i (y_i − a_i)²\n  a_i = σ(z_i)\n  z_i = Σ_j w_j x_ij + b\n" in text
    assert "\n  dw = ∂C/∂w, shape (n,)\n  db = ∂C/∂b, a number" in text


def test_only_values_that_what_is_given_speaks_of_are_offered() -> None:
    exercise = tg.exercises.load("equation-5")  # z is computed from x, w and b, which are not in its equations
    assert statement.names(exercise) == ["y (m,)", "z (m,)", "a (m,)"]
    assert statement.sizes(exercise) == ["m"]


def test_a_value_that_is_derived_is_offered_where_the_gradient_is_written_with_it() -> None:
    assert statement.names(tg.exercises.load("sigmoid")) == ["z", "a"]


def test_a_length_that_is_no_letter_is_said_as_it_is() -> None:
    def cost(x, w):  # type: ignore[no-untyped-def]
        z = x @ w
        return (z**2).sum()

    exercise = Exercise(cost, "z w", shapes={"x": "m 3", "w": "3"})
    assert statement.names(exercise) == ["x (m, 3)", "w (3,)", "z (m,)"]
    assert "dw = ∂C/∂w, shape (3,)" in exercise.statement()


def test_words_of_an_author_mean_nothing_to_markdown_and_html() -> None:
    def cost(w):  # type: ignore[no-untyped-def]
        return w**2

    exercise = Exercise(cost, "w", title="<b> & *stars*", text="a_j is $5 <script>")
    markdown, html = statement.markdown(exercise), statement.html(exercise)
    assert markdown.startswith(r"### \<b\> & \*stars\*" + "\n\na_j is \\$5 \\<script\\>\n")
    assert "<script>" not in html


def test_markdown_has_the_equations_in_latex() -> None:
    text = statement.markdown(tg.exercises.load("one-neuron"), "PICTURE")
    assert "\n\n$\\displaystyle \\begin{aligned} C &= \\frac{(y - a)^{2}}{2}" in text
    assert "$$" not in text  # a notebook would centre it
    assert "\n\nPICTURE\n\n" in text
    assert "\n\n- `dw` = $\\displaystyle \\frac{\\partial C}{\\partial w}$, a number\n\n" in text
