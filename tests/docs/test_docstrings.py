"""What help() and the reference show of every public name: a summary, types, an example that runs, and its relatives."""

from __future__ import annotations

import doctest
import inspect
import re
from typing import Any

import pytest

import tinygrad_lite as tg
from tests.helpers.public import public_names, tensor_members

NAMES = public_names()
CODE = {name: thing for name, thing in NAMES.items() if inspect.isclass(thing) or callable(thing)}
# Of errors one has an example for all, and none is made by a user.
PAGES = {name for name, thing in CODE.items() if not (inspect.isclass(thing) and issubclass(thing, BaseException))}


def resolved(name: str) -> Any:
    found: Any = tg
    for part in name.split(".")[1:]:
        found = getattr(found, part)
    return found


def doc(thing: Any) -> str:
    return inspect.cleandoc(thing.__doc__ or "")


def test_there_are_names_of_every_room() -> None:
    rooms = {name.split(".")[1] for name in NAMES if name.count(".") == 2}
    assert rooms == {"nn", "optim", "data", "exercises", "pictures", "derivations", "errors"}
    assert len(CODE) > 80


@pytest.mark.parametrize("name", CODE)
def test_a_name_has_a_summary_of_one_sentence(name: str) -> None:
    first = doc(CODE[name]).split("\n\n")[0].replace("\n", " ")
    assert re.search(r"[.:)]$", first), first
    assert 10 < len(first) < 250


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_name_has_an_example_that_runs_where_it_is_typed(name: str) -> None:
    """In a fresh session, and not only among the names of its module, where pytest's --doctest-modules runs it."""
    example = doctest.DocTestParser().get_doctest(doc(CODE[name]), {}, name, None, 0)
    assert example.examples
    said: list[str] = []
    doctest.DocTestRunner().run(example, out=said.append)
    assert said == []


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_name_says_what_to_see_also_and_that_is_there(name: str) -> None:
    (relatives,) = re.findall(r"^See also: (.+?)\.$", doc(CODE[name]), re.MULTILINE | re.DOTALL)
    named = relatives.replace("\n", " ").split(", ")
    assert named
    assert [other for other in named if resolved(other) is CODE[name]] == []


def without_hints(signature: inspect.Signature) -> list[str]:
    """The parameters that have no type, and "return"."""
    missing = [
        p.name for p in signature.parameters.values() if p.annotation is p.empty and p.name not in ("self", "cls")
    ]
    return missing + ["return"] * (signature.return_annotation is signature.empty)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_name_says_the_types_of_what_it_takes_and_gives(name: str) -> None:
    thing = CODE[name]
    signature = inspect.signature(thing.__init__ if inspect.isclass(thing) and "__init__" in vars(thing) else thing)
    missing = without_hints(signature)
    assert missing == (["return"] if inspect.isclass(thing) and missing else [])


@pytest.mark.parametrize("name", tensor_members())
def test_what_comes_up_after_the_dot_of_a_tensor_is_explained(name: str) -> None:
    member = tensor_members()[name]
    function = member.fget if isinstance(member, property) else member
    if inspect.ismemberdescriptor(function):  # a slot: what core/graph.py says of it is for readers of graphs
        assert re.search(rf"\b{name}: ", doc(tg.Tensor.__mro__[4]))
        return
    function = getattr(function, "__func__", function)
    assert doc(function).split("\n")[0].strip()
    numpys = doc(function).startswith("As np.")
    assert numpys or without_hints(inspect.signature(function)) == []


@pytest.mark.parametrize("name", sorted(name for name in PAGES if inspect.isclass(CODE[name])))
def test_each_method_of_a_class_is_explained(name: str) -> None:
    own = {
        n: m for n, m in vars(CODE[name]).items() if not n.startswith("_") and (callable(m) or isinstance(m, property))
    }
    assert [n for n, m in own.items() if not doc(m)] == []


def test_every_equation_of_the_lecture_is_said_by_the_docstring_that_it_is_about() -> None:
    said = [n for name in PAGES for n in re.findall(r"\(lecture, eqs? ?\.? ([\d, ]+)\)", doc(CODE[name]))]
    assert {int(number) for numbers in said for number in numbers.split(", ")} == set(range(1, 21))
