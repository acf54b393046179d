"""The pages in docs hold: their programs print what they show, their links lead somewhere, their commands exist."""

from __future__ import annotations

import re
import tomllib
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.public import public_names, tensor_members
from tests.helpers.readmes import printed
from tests.helpers.repository import ROOT, file_of, needed
from tinygrad_lite.command import cli

DOCS = ROOT / "docs"
if not DOCS.is_dir():
    pytest.skip(f"no pages in {DOCS}: this copy has the package and its tests only", allow_module_level=True)

PAGES = {path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8") for path in sorted(DOCS.rglob("*.md"))}
# A program, and the text below it, where there is one.
PROGRAMS = [
    (page, code, shown)
    for page, text in PAGES.items()
    for code, shown in re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", text, re.DOTALL)
]
URLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]


@pytest.mark.parametrize(
    ("page", "code", "shown"), PROGRAMS, ids=[f"{page}-{number}" for number, (page, *_) in enumerate(PROGRAMS)]
)
def test_a_program_prints_what_is_shown_below_it(
    page: str, code: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "import dask" in code:
        needed("dask.array")
    monkeypatch.chdir(tmp_path)
    assert printed(code, page) == shown


def test_every_guide_that_shows_how_to_do_something_has_a_program() -> None:
    tables = {
        "guide/from_other_libraries.md",
        "guide/left_out.md",
        "guide/where_things_are.md",
        "guide/how_it_works.md",
    }
    guides = {page for page in PAGES if page.startswith("guide/")}
    assert guides - tables == {page for page, *_ in PROGRAMS} - {"index.md"}


def test_every_page_is_in_a_table_of_contents() -> None:
    listed = re.findall(r"^((?:guide|reference|inside)/\w+|changelog)$", PAGES["index.md"], re.MULTILINE)
    assert sorted([*listed, "index"]) == sorted(page.removesuffix(".md") for page in PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_pages_and_to_files(page: str) -> None:
    text = re.sub(r"```.*?```|`[^`\n]+`", "", PAGES[page], flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)#\s]+)", text):
        file = file_of(link, URLS["Source"]) if "://" in link else (DOCS / page).parent / link
        assert file is not None, f"{link} leads out of the repository, which no test can follow"
        assert file.exists(), link
        assert "://" not in link or file.is_dir() == ("/tree/main/" in link), link


@pytest.mark.parametrize(
    "command", sorted({c for text in PAGES.values() for c in re.findall(r"`tinygrad-lite ((?:\w+ ?){1,2})", text)})
)
def test_a_command_in_a_page_is_one(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = command.split()
    with pytest.raises(SystemExit) as end:
        cli.main([*(words if words[0] in ("learn", "teach") else words[:1]), "--help"])
    assert end.value.code == 0
    assert words[0] in capsys.readouterr().out


def below(command: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The subcommands of learn and of teach, as their help lists them."""
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    return re.findall(r"^    (\w+)(?:  |$)", capsys.readouterr().out, re.MULTILINE)


def test_every_command_has_its_help_in_the_reference(capsys: pytest.CaptureFixture[str]) -> None:
    every = [[name, *(f"{name} {b}" for b in below(name, capsys))] for name in cli.COMMANDS]
    shown = re.findall(r"^```\{help\} tinygrad-lite (.+)$", PAGES["reference/commands.md"], re.MULTILINE)
    assert sorted(shown) == sorted(name for names in every for name in names)


def documented() -> list[str]:
    """The names that the reference has an entry for."""
    text = "\n".join(text for page, text in PAGES.items() if page.startswith("reference/"))
    names = re.findall(r"^\.\. auto(?:function|class|data):: tinygrad_lite\.(\S+)$", text, re.MULTILINE)
    assert ".. automodule:: tinygrad_lite.errors" in text  # which has all that errors lists
    return [f"tg.{name}" for name in names]


def test_every_public_name_has_one_entry_in_the_reference() -> None:
    public = {name for name in public_names() if not name.startswith("tg.errors.")} - {
        "tg.TinygradLiteError",
        "tg.NumericsWarning",
    }
    beside = {f"tg.transforms.{name}" for name in ("Gradient", "Jacobian", "ValueAndGradient")}  # what grad & co. give
    beside |= {f"tg.core.graph.{name}" for name in ("Node", "Call", "Primitive")}  # what a reader of a graph meets
    beside |= {"tg.summary.Summary", "tg.summary.Row"}  # what model.summary() gives
    assert sorted(documented()) == sorted(public | beside)


# What a node of the graph is for the library: reference/graph.md has those that a reader of a graph asks.
NODES = {
    "base", "call", "changed", "in_graph", "inputs", "label", "leaf", "leave", "made_by", "meta", "needs_grad", "note",
    "params", "primitive", "pull", "serial", "sources",
}  # fmt: skip


def test_what_comes_up_after_the_dot_of_a_tensor_is_in_the_reference() -> None:
    entries = re.findall(
        r"^\.\. auto(?:method|property):: tinygrad_lite\.Tensor\.(\w+)$", PAGES["reference/tensor.md"], re.MULTILINE
    )
    assert sorted(entries) == sorted(tensor_members().keys() - NODES)
    assert tensor_members().keys() >= NODES


# --- what the guide's tables and sentences promise ------------------------------------------------------------------------

SPELLINGS = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|$", PAGES["guide/numerics.md"], re.MULTILINE)


def value_and_gradient(spelling: str) -> tuple[bool, list[Any]]:
    """Whether value and gradient of a spelling at ±1000 are finite, and the warnings on the way."""
    z, y = tg.Tensor([1000.0, -1000.0], requires_grad=True), np.array([0.0, 1.0])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = eval(spelling, {"np": np, "tg": tg, "z": z, "y": y})
        result.sum().backward()
    return bool(np.isfinite(result.data).all() and np.isfinite(z.grad.data).all()), caught


@pytest.mark.parametrize(("textbook", "ours"), SPELLINGS, ids=[ours for _, ours in SPELLINGS])
def test_a_textbook_spelling_fails_at_1000_and_ours_does_not(textbook: str, ours: str) -> None:
    finite, caught = value_and_gradient(textbook)
    assert not finite or caught
    assert value_and_gradient(ours) == (True, [])


def test_the_table_of_spellings_is_read() -> None:
    assert len(SPELLINGS) == 7


DRAWINGS = re.findall(r"\| `(tg\.draw\([^`]+\))` \|$", PAGES["guide/pictures.md"], re.MULTILINE)


@pytest.mark.parametrize("call", DRAWINGS)
def test_each_way_to_draw_draws_the_graph_otherwise(call: str) -> None:
    w, x = tg.Tensor(0.5, requires_grad=True, name="w"), tg.Tensor(1.0, name="x")
    C = tg.quadratic_cost(tg.sigmoid(tg.softplus(w * x + 1.0) * 2.0), 1.0)
    before = tg.draw(C).to_dot(), eval(call, {"tg": tg, "C": C}).to_dot()
    C.backward()
    after = tg.draw(C).to_dot(), eval(call, {"tg": tg, "C": C}).to_dot()
    assert before[0] != before[1] or after[0] != after[1]


def test_the_table_of_drawings_is_read() -> None:
    assert len(DRAWINGS) == 8


def test_a_model_has_no_modes_and_gives_the_same_for_the_same() -> None:
    model, x = tg.nn.MLP([3, 4, 2], rng=0), np.ones((5, 3))
    assert [name for name in ("train", "eval", "training") if hasattr(model, name)] == []
    assert np.array_equal(model(x).numpy(), model(x).numpy())


def test_weight_decay_is_the_gradient_of_l2_for_weights_and_decays_biases_too() -> None:
    by_term, by_decay = tg.nn.Linear(3, 2, rng=0), tg.nn.Linear(3, 2, rng=0)
    for model, decay in ((by_term, 0.0), (by_decay, 0.5)):
        cost = tg.quadratic_cost(model(np.ones((4, 3))), np.zeros((4, 2)))
        (cost if decay else cost + tg.nn.l2(model, 0.5)).backward()
        tg.optim.SGD(model.parameters(), lr=1.0, weight_decay=decay).step()
    bias = tg.nn.Linear(3, 2, rng=0).state_dict()["bias"]
    np.testing.assert_allclose(by_decay.weight.data, by_term.weight.data)
    np.testing.assert_allclose(by_decay.state_dict()["bias"], by_term.state_dict()["bias"] - 0.5 * bias)
