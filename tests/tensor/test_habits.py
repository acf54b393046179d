"""Habits from torch, micrograd and matplotlib: what is written differently here is an error that says how."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.repository import needed
from tests.helpers.tensors import leaf, ours_behind, tracked
from tinygrad_lite import errors, spellings
from tinygrad_lite.tensor.hints import NAMES
from tinygrad_lite.tensor.keywords import KEYWORDS, METHOD

HABITS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "t.exp()": (lambda t: t.exp(), r"np\.exp\(t\)"),
    "t.log()": (lambda t: t.log(), r"np\.log\(t\)"),
    "t.tanh()": (lambda t: t.tanh(), r"tg\.tanh\(t\)"),
    "t.relu()": (lambda t: t.relu(), r"tg\.relu\(t\)"),
    "t.sigmoid()": (lambda t: t.sigmoid(), r"tg\.sigmoid\(t\)"),
    "t.softmax(dim=1)": (lambda t: t.softmax(dim=1), r"tg\.softmax\(t, axis=-1\)"),
    "t.abs()": (lambda t: t.abs(), r"np\.abs\(t\)"),
    "t.pow(2)": (lambda t: t.pow(2), r"t \*\* n"),
    "t.matmul(t)": (lambda t: t.matmul(t), "t @ other"),
    "t.mm(t)": (lambda t: t.mm(t), "t @ other"),
    "t.view(-1)": (lambda t: t.view(-1), r"t\.reshape\(shape\)"),
    "t.unsqueeze(0)": (lambda t: t.unsqueeze(0), r"np\.expand_dims"),
    "t.permute(1, 0)": (lambda t: t.permute(1, 0), r"t\.transpose\(axes\)"),
    "t.clone()": (lambda t: t.clone(), r"t\.copy\(\)"),
    "t.cuda()": (lambda t: t.cuda(), "leave it out"),
    "t.to('cpu')": (lambda t: t.to("cpu"), r"t\.astype\(dtype\).*leave it out"),
    "t.float()": (lambda t: t.float(), r"t\.astype\(np\.float32\).*t\.item\(\)"),
    "t.numel()": (lambda t: t.numel(), r"t\.size"),
    "t.dim()": (lambda t: t.dim(), r"t\.ndim"),
    "t.requires_grad_()": (lambda t: t.requires_grad_(), r"t\.requires_grad = True"),
    "t.grad_fn": (lambda t: t.grad_fn, r"t\.primitive"),
    "t.grad.zero_()": (lambda t: t.zero_(), r"t\.zero_grad\(\).*optimizer\.zero_grad\(\)"),
    "t.fill_(0)": (lambda t: t.fill_(0), r"np\.where.*t\.data = new"),
    "t.real": (lambda t: t.real, "complex numbers are outside"),
    "t.sum(dim=1)": (lambda t: t.sum(dim=1), "takes no dim=; write axis="),
    "t.mean(dim=1, keepdim=True)": (lambda t: t.mean(dim=1, keepdim=True), "takes no dim=; write axis=. It takes no keepdim=; write keepdims="),
    "t.max(dim=0)": (lambda t: t.max(dim=0), "takes no dim=; write axis="),
    "t.argmax(dim=1)": (lambda t: t.argmax(dim=1), "takes no dim=; write axis="),
    "t.var(unbiased=False)": (lambda t: t.var(unbiased=False), "takes no unbiased=; write ddof="),
    "max(0, t)": (lambda t: max(0, t), r"np\.maximum\(0, t\)"),
    "if t > 0": (lambda t: 1 if t > 0 else 0, r"np\.where\(t > 0"),
}  # fmt: skip


@pytest.mark.parametrize("habit", HABITS)
def test_a_habit_is_answered_with_the_spelling_that_works(habit: str) -> None:
    use, said = HABITS[habit]
    with pytest.raises(errors.TinygradLiteError, match=said):
        use(tracked((3, 3)))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_with_a_hint_is_no_attribute_for_who_asks_first(name: str) -> None:
    t = tracked()
    assert not hasattr(t, name)
    assert getattr(t, name, None) is None
    with pytest.raises(errors.SpellingError, match=rf"no \.{name}: "):
        getattr(t, name)


IN_MODULES = [(module, name) for module, names in spellings.MODULES.items() for name in names]


@pytest.mark.parametrize(("module", "name"), IN_MODULES)
def test_a_module_answers_a_name_of_another_library(module: str, name: str) -> None:
    room = importlib.import_module(module)
    assert not hasattr(room, name)
    assert name not in dir(room)
    with pytest.raises(errors.SpellingError, match=rf"^tg\S* has no {name}: .*\.$"):
        getattr(room, name)


@pytest.mark.parametrize(("module", "name"), [*IN_MODULES, ("tinygrad_lite", "exp")])
def test_an_import_of_a_name_of_another_library_is_answered_as_the_name_is(module: str, name: str) -> None:
    room = importlib.import_module(module)
    with pytest.raises(errors.SpellingError) as asked:
        getattr(room, name)
    for line in (f"from {module} import {name}", f"from {module} import {name} as other, {room.__all__[0]}"):
        with pytest.raises(errors.SpellingImportError, match=f"^{re.escape(str(asked.value))}$") as caught:
            exec(line, {})
        assert isinstance(caught.value, ImportError)


def test_the_import_is_told_from_who_asks_first_in_long_code_and_under_a_tracer() -> None:
    many = "\n".join(f"a{i} = {i}" for i in range(300))  # so that names have numbers above a byte
    code = f"{many}\nimport tinygrad_lite.nn as nn\nfound = hasattr(nn, 'ReLU')\nfrom tinygrad_lite.nn import ReLU"
    before = sys.gettrace()
    for tracer in (before, lambda *_: None):
        known: dict[str, Any] = {}
        sys.settrace(tracer)
        try:
            with pytest.raises(errors.SpellingImportError, match=r"tg\.nn has no ReLU"):
                exec(code, known)
        finally:
            sys.settrace(before)
        assert known["found"] is False


@pytest.mark.parametrize("module", list(spellings.MODULES))
def test_an_import_of_a_name_that_nobody_knows_is_pythons_own_error(module: str) -> None:
    with pytest.raises(ImportError, match="cannot import name 'nowhere'") as caught:
        exec(f"from {module} import nowhere", {})
    assert not isinstance(caught.value, errors.TinygradLiteError)


@pytest.mark.parametrize("module", list(spellings.MODULES))
def test_a_name_that_nobody_knows_is_missing_from_a_module_as_from_any(module: str) -> None:
    with pytest.raises(AttributeError, match=f"module '{module}' has no attribute 'nowhere'$") as caught:
        _ = importlib.import_module(module).nowhere
    assert not isinstance(caught.value, errors.TinygradLiteError)


@pytest.mark.parametrize(
    ("tables", "least"),
    [
        ([*spellings.MODULES.values(), spellings.MODEL, spellings.OPTIMISER, NAMES], 30),
        (list(KEYWORDS.values()), 10),
    ],
    ids=["names", "keywords"],
)
def test_what_a_hint_says_to_write_exists(tables: list[dict[str, str]], least: int) -> None:
    written = {
        path for table in tables for said in table.values() for path in re.findall(r"\b((?:tg|np)(?:\.\w+)+)", said)
    }
    assert len(written) > least
    for path in written:
        found: Any = {"tg": tg, "np": np}[path.split(".")[0]]
        for name in path.split(".")[1:]:
            found = getattr(found, name)


def test_tensor_in_small_letters_is_answered() -> None:
    with pytest.raises(errors.SpellingError, match=r"tg\.tensor is a module: write tg\.Tensor\(data\)"):
        tg.tensor([1.0, 2.0], requires_grad=True)


def test_a_dtype_in_the_place_of_requires_grad_is_refused() -> None:
    with pytest.raises(errors.DTypeError, match=r"requires_grad is True or False; got 'float32'\. Write dtype=…"):
        tg.Tensor([1.0], "float32")  # type: ignore[arg-type]
    assert tg.Tensor([1.0], np.bool_(True)).requires_grad  # type: ignore[arg-type]


def test_an_optimiser_answers_groups_and_says_what_it_holds() -> None:
    w = leaf([1.0, 2.0])
    optimiser = tg.optim.Adam([w], lr=0.1)
    assert repr(optimiser) == "<Adam of 1 parameter, lr=0.1>"
    assert not set(spellings.OPTIMISER) & set(dir(optimiser))
    with pytest.raises(errors.SpellingError, match=r"no \.param_groups: write optimiser\.lr = …"):
        _ = optimiser.param_groups  # type: ignore[attr-defined]
    with pytest.raises(errors.DTypeError, match="got a dict; there are no groups: make an optimiser for each"):
        tg.optim.Adam([{"params": [w], "lr": 0.1}])  # type: ignore[list-item]


def test_a_gradient_of_a_tensor_is_answered_with_functions_of_tensors() -> None:
    w = leaf([1.0, 2.0])
    loss = (w * w).sum()
    for transform in (tg.grad, tg.value_and_grad):
        with pytest.raises(
            errors.GradientError, match=r"takes a function; got a Tensor.*tg\.pull_back\(\[loss\], \[1\.0\], \[w\]\)"
        ):
            transform(loss, [w])  # type: ignore[operator]
    assert tg.pull_back([loss], [1.0], [w])[0].tolist() == [2.0, 4.0]  # as the error says


def test_other_names_are_missing_as_on_any_object() -> None:
    t = tracked()
    with pytest.raises(AttributeError, match="no attribute 'shpae'") as caught:
        _ = t.shpae  # type: ignore[attr-defined]
    assert not isinstance(caught.value, errors.TinygradLiteError)
    assert (caught.value.name, caught.value.obj) == ("shpae", t)  # so that Python can add: did you mean 'shape'?


def test_an_attribute_error_inside_a_property_is_not_hidden() -> None:
    bare = tg.Tensor.__new__(tg.Tensor)
    with pytest.raises(AttributeError, match="_array"):
        _ = bare.data


def test_keywords_of_torch_are_none_of_numpys() -> None:
    for name in METHOD:
        with pytest.raises((TypeError, errors.UnsupportedError)):
            tracked((3, 3)).sum(**{name: 1})


def test_a_keyword_that_nobody_knows_is_refused_too() -> None:
    with pytest.raises(errors.UnsupportedError, match=r"t\.sum takes no axes=\. See help\(t\.sum\)"):
        tracked((3, 3)).sum(axes=1)


@pytest.mark.parametrize("update", ["w.data -= 0.1 * w.grad", "w.data += -0.1 * w.grad", "w.data *= w.grad"])
def test_data_is_not_updated_in_place_and_the_error_says_how(update: str) -> None:
    w = leaf([1.0, 2.0])
    (w * w).sum().backward()
    with pytest.raises(errors.ReadOnlyError, match=r"w\.data = w\.data - step, or `with tg\.no_grad\(\): w -= step`"):
        exec(update, {"w": w})
    assert w.tolist() == [1.0, 2.0]


def test_a_scalar_is_no_sequence_for_python_and_other_libraries() -> None:
    s = leaf(2.0)
    for ask in (iter, len, list, tuple):
        with pytest.raises(TypeError, match="at least one axis") as caught:
            ask(s)
        assert isinstance(caught.value, errors.ShapeError)


# --- plots --------------------------------------------------------------------------------------------------------------

PLOTS: dict[str, Callable[[Any, Any], Any]] = {
    "plot": lambda axes, t: axes.plot(t),
    "plot of computed": lambda axes, t: axes.plot(t, np.exp(t) * 2),
    "scatter": lambda axes, t: axes.scatter(t, t),
    "hist": lambda axes, t: axes.hist(t),
    "bar": lambda axes, t: axes.bar([1, 2, 3], t),
    "fill_between": lambda axes, t: axes.fill_between(t, t),
    "imshow": lambda axes, t: axes.imshow(t[:, None]),
    "plot of a list": lambda axes, t: axes.plot(list(t)),
}


@pytest.mark.parametrize("plot", PLOTS)
def test_plots_of_tracked_tensors_ask_for_detach(plot: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        PLOTS[plot](needed("matplotlib.figure").Figure().subplots(), tracked())
    error = ours_behind(caught.value)
    assert isinstance(error, errors.DetachError | errors.UnsupportedError)
    assert "detach()" in str(error)


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize("name", [None, "x"])  # with a name, what is computed is recorded
def test_untracked_tensors_are_plotted(plot: str, name: str | None) -> None:
    axes = needed("matplotlib.figure").Figure().subplots()
    PLOTS[plot](axes, tg.Tensor([1.0, 2.0, 3.0], name=name))
    assert axes.has_data()
