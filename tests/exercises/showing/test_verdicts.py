"""What a learner reads after a check."""

import re

import pytest

import tinygrad_lite as tg
from tests.helpers.repository import needs_graphviz
from tinygrad_lite.errors import DrawingError
from tinygrad_lite.exercises import Message, StepVerdict, Verdict
from tinygrad_lite.exercises.showing import verdicts
from tinygrad_lite.pictures.outputs import layout

POINTED = "this is no formula:\n  (a2 - y)/(m a2 (1 - a2)) + one more term that makes it long\n                 ^"
VERDICT = Verdict(
    "x",
    (
        StepVerdict("a", "right", notes=(Message("why", {}, "chain rule along a = σ(z)"),)),
        StepVerdict("z", "wrong", Message("sign", {}, "The sign is wrong. " * 4)),
        StepVerdict("w", "follows", given=("z",)),
        StepVerdict("v", "shape", notes=(Message("shape", {}, "it has the shape (m, n)"),)),
        StepVerdict("u", "error", notes=(Message("unreadable", {}, POINTED),)),
        StepVerdict("b", "missing"),
    ),
)


@pytest.mark.parametrize("width", [40, 60, 100])
def test_a_verdict_fits_its_width(width: int) -> None:
    assert max(map(len, verdicts.text(VERDICT, width).splitlines())) <= width


def test_each_outcome_has_a_sign_and_a_word() -> None:
    heads = [line for line in verdicts.text(VERDICT).splitlines() if line[:1] not in ("", " ")]
    assert heads == [
        "✓ da: right", "✗ dz: wrong", "↪ dw: right, given your dz", "✗ dv: another shape", "! du: not computed",
        "… db: not answered", "1 of 6 steps is right. Go on with dz. What follows from it (dw) changes with it.",
    ]  # fmt: skip


def test_colours_only_repeat_what_signs_say() -> None:
    plain, colored = verdicts.text(VERDICT), verdicts.text(VERDICT, color=True)
    assert "\x1b" not in plain
    assert "\x1b[31m✗ dz: wrong\x1b[0m" in colored


def test_a_place_that_is_pointed_at_stays_in_sight_where_there_is_little_room() -> None:
    for width in (40, 80):
        lines = verdicts.text(VERDICT, width).splitlines()
        (caret,) = (n for n, line in enumerate(lines) if line.strip() == "^")
        assert lines[caret - 1][lines[caret].index("^")] == "("
        assert "(m a2 (1" in lines[caret - 1]


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        (["right"], "This is right."),
        (["right", "right"], "Both steps are right."),
        (["missing", "missing"], "Next: da."),
        (["right", "missing"], "1 of 2 steps is right. Next: dz."),
        (["right", "right", "wrong"], "2 of 3 steps are right. Go on with dw."),
    ],
)
def test_a_verdict_ends_with_what_to_do_now(outcomes: list[str], said: str) -> None:
    steps = tuple(StepVerdict(name, outcome) for name, outcome in zip("azw", outcomes, strict=False))  # type: ignore[arg-type]
    assert verdicts.now(Verdict("x", steps)) == said


def test_markdown_has_the_same_words_and_shows_answers_as_they_are() -> None:
    step = StepVerdict("a", "error", notes=(Message("unreadable", {}, "unknown name '<b>':\n  <b> * $\n  ^"),))
    text = verdicts.markdown(Verdict("x", (step,)), title="<One>", picture="PICTURE")
    assert text.startswith("**\\<One\\>**\n\n- <span")
    assert "!</span> `da`: **not computed**  \n  unknown name '\\<b\\>':" in text
    assert "\n\n  ```\n    <b> * $\n    ^\n  ```\n" in text
    assert text.endswith("Go on with da.\n\nPICTURE\n")


def test_a_notebook_sets_reasons_and_the_books_form_in_latex() -> None:
    exercise = tg.exercises.load("one-neuron")
    verdict = exercise.check(da="a - y", dz="da * a * (1 - a)", dw="dz x", db="dz")
    text = verdict._repr_mimebundle_()["text/markdown"]  # type: ignore[attr-defined]
    assert "chain rule along $z = w \\, x + b$; $\\sigma'(z)" in text.replace(r"\left(z\right)", "(z)")
    formulas = re.findall(r"the derivation writes \$\\displaystyle (.*)\$", text)
    assert any(formula.startswith("\\frac{\\partial C}{\\partial w} = ") for formula in formulas)
    assert all(formula.endswith("\\rule{0pt}{1.8em}") for formula in formulas)  # away from the line above


@needs_graphviz
def test_a_notebook_shows_statement_and_verdict_with_the_picture() -> None:
    exercise = tg.exercises.load("one-neuron")
    verdict = exercise.check(da="a - y", dz="-(a - y) a (1 - a)")
    statement, said = exercise._repr_mimebundle_(), verdict._repr_mimebundle_()  # type: ignore[attr-defined]
    assert set(statement) == {"text/plain", "text/markdown"}
    assert "data:image/svg+xml;base64," in statement["text/markdown"]
    assert "z from w, x, b; ✗ ∂C/∂z" in said["text/markdown"]
    assert said["text/plain"] == repr(verdict)
    assert "✗ dz: wrong" in repr(verdict)


def test_without_graphviz_a_notebook_says_so_in_the_place_of_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(dot: str, format_: str) -> bytes:
        raise DrawingError("there is no Graphviz here")

    monkeypatch.setattr(layout, "render", nothing)
    exercise = tg.exercises.load("first-step")
    assert "<p>No picture: there is no Graphviz here</p>" in exercise._repr_mimebundle_()["text/markdown"]


def test_a_verdict_with_its_exercise_is_the_same_data() -> None:
    verdict = tg.exercises.load("first-step").check(da="a - y")
    assert verdict.right
    assert bool(verdict)
    assert verdict.as_dict()["steps"][0]["outcome"] == "right"


@pytest.mark.parametrize("dz", ["a - y", ""])
def test_the_book_is_not_quoted_below_a_step_that_is_open(dz: str) -> None:
    exercise = tg.exercises.load("one-neuron")
    said = repr(exercise.check(da="a - y", dz=dz, dw="dz x" if dz else "(a - y) a (1 - a) x"))
    assert "the derivation writes" not in said
    assert "σ′(z) x" not in said
    assert "the derivation writes ∂C/∂w = (a − y) σ′(z) x" in repr(
        exercise.check(da="a - y", dz="da a (1 - a)", dw="dz x")
    )


def test_all_that_stands_on_the_first_wrong_step_is_said_to_change_with_it() -> None:
    verdict = tg.exercises.load("tanh-neuron").check(da="(y - a)/m", dz="da (1 - a²)", dw="x.T @ dz", db="sum_i dz_i")
    assert verdicts.now(verdict) == "Go on with da. What follows from it (dz, dw, db) changes with it."
