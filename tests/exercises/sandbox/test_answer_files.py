"""Answer files: what is a formula, what is code, and what a learner is told of the rest."""

from __future__ import annotations

import ast
import os
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises import Exercise, load
from tinygrad_lite.exercises.answers.kinds import Computed, Formula, Trouble
from tinygrad_lite.exercises.sandbox import files
from tinygrad_lite.exercises.sandbox.files import Answers, read
from tinygrad_lite.exercises.sandbox.imports import imports


def cost(x: Any, w: Any, y: Any) -> Any:
    z = x @ w
    return ((z - y) ** 2).sum() / 2


EXERCISE = Exercise(cost, steps="z w", shapes={"x": "m n", "w": "n", "y": "m"})
POINTS = [*EXERCISE.points, *EXERCISE.unseen]


def code(text: str) -> Answers:
    return read(textwrap.dedent(text), EXERCISE)


def assert_right(answer: object, step: str) -> None:
    assert isinstance(answer, Computed)
    for number, point in enumerate(POINTS):
        np.testing.assert_allclose(answer.values[number], point.truth[step], rtol=1e-12)


@pytest.fixture
def no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a child was started")

    monkeypatch.setattr(files, "run", refuse)


# --- formulas --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_child")
def test_a_file_of_formulas_starts_no_child() -> None:
    text = '"""Ada"""\nimport numpy as np\nname = "Ada"\ndz = "z - y"\ndw_j: str = ("sum_i dz_i"\n  " x_ij")\ndef helper():\n    pass\n'
    assert read(text, EXERCISE) == {"dz": Formula("z - y", "dz"), "dw_j": Formula("sum_i dz_i x_ij", "dw_j")}


@pytest.mark.usefixtures("no_child")
@pytest.mark.parametrize("empty", ['""', "''", "None", "...", '"..."', '"  "'])
def test_an_empty_answer_is_none(empty: str) -> None:
    assert read(f"dz = {empty}\ndw = 'x'", EXERCISE) == {"dw": Formula("x", "dw")}


@pytest.mark.usefixtures("no_child")
def test_the_last_of_several_lines_for_a_step_counts() -> None:
    assert read('dz = "y"\ndw = "x"\ndz = "z"', EXERCISE) == {"dw": Formula("x", "dw"), "dz": Formula("z", "dz")}
    assert read('dz = "y"\ndz = ""', EXERCISE) == {}


@pytest.mark.usefixtures("no_child")
@pytest.mark.parametrize("quote", ['"', "'", '"""', "r'", "u'''"])
def test_a_backslash_is_read_as_it_is_written(quote: str) -> None:
    text = f"dz = {quote}\\frac{{z}}{{2}} \\nabla \\sigma{quote.lstrip('ru')}"
    assert read(text, EXERCISE)["dz"] == Formula(r"\frac{z}{2} \nabla \sigma", "dz")


@pytest.mark.usefixtures("no_child")
def test_a_formula_for_no_step_is_noted_and_another_text_is_not() -> None:
    answers = read('dZ = "z"\nname = "Ada"\n', EXERCISE)
    assert answers == {}
    assert len(answers.notes) == 1
    assert answers.notes[0].startswith("line 1 is not judged: ")
    assert "'dZ'" in answers.notes[0]


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_child")
@pytest.mark.parametrize("data", ['dz = "z"\r\ndw = "x"\r\n', '\ufeffdz = "z"\ndw = "x"'])
def test_a_file_is_read_with_the_line_ends_and_the_mark_of_windows(tmp_path: Path, data: str) -> None:
    path = tmp_path / "ada.py"
    path.write_bytes(data.encode())
    assert list(read(path, EXERCISE)) == ["dz", "dw"]


def test_a_line_that_is_not_python_is_shown_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "ada.py"
    path.write_text('dz = "z"\ndw = (x - y\n')
    with pytest.raises(ExerciseError) as caught:
        read(path, EXERCISE)
    assert str(caught.value).splitlines() == [
        "line 2 of ada.py is not Python: '(' was never closed. Put formulas in quotes.",
        "    dw = (x - y",
        "         ^",
    ]


def test_what_a_terminal_would_obey_is_not_shown() -> None:
    with pytest.raises(ExerciseError) as caught:
        read("\tdz = '\x1b[2J" + "z" * 200, EXERCISE)
    assert str(caught.value).isprintable() or "\x1b" not in str(caught.value)
    assert max(map(len, str(caught.value).splitlines())) < 80
    assert read("dz = 'z\x1b[2J'", EXERCISE) == {"dz": Formula("z\N{REPLACEMENT CHARACTER}[2J", "dz")}


@pytest.mark.parametrize(
    "text",
    ["dz = \0", "(" * 5000, "-" * 49_000 + "1", "1" + "+1" * 24_000, "x" + ".x" * 24_000, "9" * 5000, "[" * 90 + "]" * 90],
    ids=["null", "brackets", "minuses", "sums", "dots", "digits", "lists"],
)  # fmt: skip
def test_a_text_that_python_gives_up_on_is_refused_or_costs_nothing(text: str) -> None:
    said = ""
    try:
        assert read(text, EXERCISE, seconds=5) == {}
    except ExerciseError as error:
        said = str(error)
    assert "None" not in said
    assert "Python: ." not in said


def test_the_name_of_an_answer_is_short_and_printable() -> None:
    answers = read("def answer(z): return {'dz_\\x1b[2J': z, 'q\\x1b]' + 'q' * 10**5: z}", EXERCISE)
    assert [*answers] == ["dz_\N{REPLACEMENT CHARACTER}[2J"]
    assert len("".join(answers.notes)) < 300
    assert "\x1b" not in "".join(answers.notes)


@pytest.mark.skipif(os.name != "posix", reason="needs links and pipes")
def test_links_pipes_folders_and_long_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "solution.py").write_text('dz = "z - y"')
    (tmp_path / "link.py").symlink_to(tmp_path / "solution.py")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "long.py").write_text("#" * (files.LARGEST + 1))
    (tmp_path / "bytes.py").write_bytes(b"dz = '\xff'")
    said = {
        "link.py": "it is a link", "pipe.py": "not a file of answers", "folder.py": "Is a directory",
        "long.py": "too long", "bytes.py": "not text in UTF-8", "none.py": "No such file",
    }  # fmt: skip
    for name, text in said.items():
        with pytest.raises(ExerciseError, match=f"{name}.*{text}"):
            read(tmp_path / name, EXERCISE)


# --- code ------------------------------------------------------------------------------------------------------------


def test_lines_of_code_give_numbers_and_use_one_another() -> None:
    answers = code("dz = z - y\nfor _ in range(1):\n    dw = np.transpose(x) @ dz\n")
    assert list(answers) == ["dz", "dw"]
    assert_right(answers["dz"], "z")
    assert_right(answers["dw"], "w")


def test_code_uses_the_numbers_of_a_formula() -> None:
    answers = code('dz = dz_i = ("z "\n  "- y"); dw = x.T @ dz\n')
    assert answers["dz"] == Formula("z - y", "dz")
    assert_right(answers["dw"], "w")


def test_code_that_uses_a_formula_that_cannot_be_computed_is_told_so() -> None:
    answers = read('dz = "(z - "\ndb = dz * 2', EXERCISE)
    assert answers.notes == ("code uses dz, which is not computed: mend its formula first.",)


def test_a_function_returns_a_dict() -> None:
    answers = code(
        """
        import numpy as np
        def answer(x, z, y, m, **rest):
            assert x.shape == (m, rest["n"])
            dz = np.subtract(z, y)
            return {"dz": dz, "dw": np.multiply(x, dz[:, np.newaxis]).sum(axis=0).astype(float), "dq": 1}
        """
    )
    assert_right(answers["dz"], "z")
    assert_right(answers["dw"], "w")
    assert answers.notes == ("'dq' is returned and not judged: it is no step of this exercise.",)


def test_an_answer_may_be_a_function_or_a_text_that_code_makes() -> None:
    answers = code("difference = 'z - y'\ndz = difference + ' + 0'\ndef dw(x, z, y): return x.T @ (z - y)")
    assert answers["dz"] == Formula("z - y + 0", "dz")
    assert_right(answers["dw"], "w")


def test_the_precision_of_single_numbers_is_kept() -> None:
    answer = code("dz = (z - y).astype(np.float32)\ndw = 1")["dz"]
    assert isinstance(answer, Computed)
    assert {value.dtype for value in answer.values.values()} == {np.dtype(np.float32)}


def test_the_first_lines_are_judged_when_a_later_one_fails() -> None:
    answers = code("dz = z - y\nq = np.zeros(3) @ np.zeros(2)\ndw = 1")
    assert_right(answers["dz"], "z")
    dw = answers["dw"]
    assert isinstance(dw, Computed)
    assert isinstance(dw.values[0], Trouble)
    assert (dw.values[0].key, dw.values[0].line) == ("raised", 2)
    assert dw.values[0].text.startswith("ValueError: matmul")


def test_trouble_after_all_answers_is_noted() -> None:
    assert code("dz = z - y\nplot(dz)").notes == ("line 2: NameError: name 'plot' is not defined",)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("dz = exp(z)", "name 'exp' is not defined; write np.exp, or put the formula in quotes"),
        ("dz = sigmoid(z)", "name 'sigmoid' is not defined; put the formula in quotes, where functions such as"),
        ("dz = tg.sigmoid(z)", "name 'tg' is not defined; put the formula in quotes, where functions such as"),
    ],
)
def test_a_function_that_code_does_not_know_is_told_by_what_to_write(line: str, said: str) -> None:
    answer = code(line + "\ndw = 1")["dz"]
    assert isinstance(answer, Computed)
    assert isinstance(answer.values[0], Trouble)
    assert said in answer.values[0].text


@pytest.mark.parametrize(
    ("text", "key", "line", "said"),
    [
        ("dz = z -= y", "", 1, "invalid syntax"),
        ("return 1\ndz = 1", "syntax", 1, "'return' outside function"),
        ("x -= 1\ndz = z - y", "raised", 1, "read-only"),
        ("import torch\ndz = 1", "raised", 1, "No module named 'torch'. Answers are computed with NumPy"),
        ("input()\ndz = 1", "raised", 1, "EOFError"),
        ("import sys\nsys.exit()\ndz = 1", "ended", 2, "ended itself"),
        ("def f(): return f()\ndz = f()", "raised", 1, "RecursionError"),
        ("dz = {}", "output", None, "dz is of the type dict and no array of real numbers"),
        ("dz = z * 1j", "output", None, "no array of real numbers"),
        ("dz = 10**400", "output", None, "no array of real numbers"),
        ("dz = [[1], [1, 2]]", "raised", None, "inhomogeneous"),
        ("dz = np.zeros((200, 200))", "output", None, "the shape (200, 200), which is too large"),
        ("dz = 'z' + str(z)", "output", None, "dz is a text at some points"),
        ("if m == 4: dz = z", "output", None, "at some points only"),
        ("def answer(z, q): pass", "output", None, "takes 'q', which is not given. Given are x, w, y, z, m, n"),
        ("def answer(z): return z", "output", None, "answer returns of the type ndarray. Return a dict"),
        ("raise ValueError('\\x1b[2J' * 999)\ndz = 1", "raised", 1, "\N{REPLACEMENT CHARACTER}[2J"),
    ],
)  # fmt: skip
def test_trouble_says_what_and_where(text: str, key: str, line: int | None, said: str) -> None:
    if not key:
        with pytest.raises(ExerciseError, match=said):
            code(text)
        return
    answer = code(text)["dz"]
    assert isinstance(answer, Computed)
    trouble = next(value for value in answer.values.values() if isinstance(value, Trouble))
    assert (trouble.key, trouble.line) == (key, line)
    assert said in trouble.text
    assert len(trouble.text) <= 500


def test_what_code_prints_is_kept_once_and_not_for_ever() -> None:
    assert code("print('shape', np.ones(3).shape)\ndz = 1").printed == "shape (3,)\n"
    assert len(code("for i in range(10**4): print(i)\ndz = 1").printed) == 2_000


def test_libraries_that_differentiate_are_listed() -> None:
    text = "import jax.numpy as jnp, math\nfrom torch import autograd\nimport importlib\nif 0: importlib.import_module('tensorflow.keras')"
    assert imports(ast.parse(text)) == ["jax", "tensorflow", "torch"]
    assert read("import autograd\ndz = 'z'", EXERCISE).imports == ("autograd",)


def test_an_error_of_shapes_says_them_by_their_axes_and_the_steps_behind_it_say_that_the_file_ended() -> None:
    answers = code("dz = x @ y\ndw = x.T @ dz")
    dz, dw = (answer.values[0] for answer in answers.values() if isinstance(answer, Computed))
    assert dz == Trouble("raised", "the shapes do not fit: x (m, n), y (m,)\n  dz = x @ y", 1)
    assert dw == Trouble("stopped", "the file ends before it, at the error in line 1.", 1)


def test_a_left_side_that_is_no_name_is_told_so_and_python_guesses_nothing() -> None:
    with pytest.raises(ExerciseError, match="A line begins with the name of a step") as error:
        code("dC/dz = z - y")
    assert "Maybe" not in str(error.value)


def test_the_books_form_of_code_has_the_names_of_the_file_and_is_said_only_if_it_is_another() -> None:
    net = load("autoencoder")
    source = "dr = (r - x)/m\nda = (dr) @ W\ndz = da*a*(1 - a)\ndW = x.T @ dz + dr.T @ a\n"
    forms = [
        [note.text for note in step.notes if note.key == "derivation"] for step in net.check(**read(source, net)).steps
    ]
    dr, da, dz, dW = forms
    assert (dr, da) == ([], [])
    assert dz == ["in the form of the derivation: a * (1 - a) * (dr @ W)"]
    assert dW[0].startswith("the derivation writes ∂C/∂W_jk = ")  # in NumPy it is too long to read
