"""The house, read from the source: imports run one way, functions fit a screen, no tricks where a student reads.

Elsewhere in the package there are offenders of today. They are listed: a list may get shorter, never longer.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

import tinygrad_lite
from tinygrad_lite import Tensor
from tinygrad_lite.core.graph import Call, Meta, Node, Primitive

PACKAGE = Path(tinygrad_lite.__file__).parent
NAME = PACKAGE.name
LONGEST = 60

LONG_FUNCTIONS_ELSEWHERE: set[str] = set()
TRICKS_ELSEWHERE = {
    "__init__.py: TYPE_CHECKING", "command/cli.py: import_module", "__init__.py: import_module", "data/download.py: import_module",
    "pictures/outputs/dot.py: TYPE_CHECKING", "pictures/drawing.py: TYPE_CHECKING",
    # They answer the names of other libraries by __getattr__, for which every name would exist to a type checker.
    "nn/__init__.py: TYPE_CHECKING", "optim.py: TYPE_CHECKING", "data/__init__.py: TYPE_CHECKING",
    "programs/surroundings.py: __import__",  # it stands for the import of the user's function
}  # fmt: skip
FILES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
STRICT = [f for f in FILES if f.startswith(("core/", "tensor/", "array_functions/"))]


@cache
def tree(file: str) -> ast.Module:
    return ast.parse((PACKAGE / file).read_text(encoding="utf-8"))


@cache
def nodes(file: str) -> list[ast.AST]:
    return list(ast.walk(tree(file)))


def module_of(file: str) -> str:
    return ".".join([NAME, *file.removesuffix(".py").removesuffix("/__init__").split("/")]).removesuffix(".__init__")


MODULES = {module_of(file): file for file in FILES}


def run_at_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when a module is imported: not those inside functions, nor those for type checkers."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(statement, ast.If) and ast.unparse(statement.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            continue
        for field in ("body", "orelse", "finalbody"):
            yield from run_at_import(getattr(statement, field, []))
        for handler in getattr(statement, "handlers", []):
            yield from run_at_import(handler.body)


def imported(file: str, among: Iterable[ast.AST]) -> Iterator[str]:
    """The modules that import statements name; `from package import module` names the module."""
    for node in among:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: a relative import; write it from {NAME} on"
            assert node.module is not None
            for alias in node.names:
                below = f"{node.module}.{alias.name}"
                yield below if below in MODULES else node.module


def functions(file: str) -> Iterator[tuple[str, int]]:
    """Each function with its number of lines, decorators and docstring included."""
    for node in nodes(file):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            assert node.end_lineno is not None
            yield f"{file}:{node.name}", node.end_lineno - first + 1


def tricks(file: str) -> Iterator[str]:
    """What gets round an import or a type: importlib, __import__, TYPE_CHECKING, hasattr(x, "_private").

    `_fields` is how Python itself recognises a named tuple.
    """
    for node in nodes(file):
        if isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else node.attr
            if name in ("import_module", "__import__", "TYPE_CHECKING"):
                yield f"{file}: {name}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("hasattr", "getattr"):
            attribute = node.args[1]
            text = attribute.value if isinstance(attribute, ast.Constant) else ""
            if isinstance(text, str) and text.startswith("_") and text[1] != "_" and text != "_fields":
                yield f"{file}: {node.func.id}({text})"


# --- imports ---------------------------------------------------------------------------------------------------


def test_there_is_something_to_read() -> None:
    assert {"core/graph.py", "core/backprop.py", "core/primitives.py", "tensor/tensor.py"} <= set(STRICT)
    assert module_of("core/graph.py") == "tinygrad_lite.core.graph"
    assert module_of("core/__init__.py") == "tinygrad_lite.core"
    assert module_of("__init__.py") == "tinygrad_lite"


@pytest.mark.parametrize("file", [f for f in FILES if f.startswith("core/")])
def test_the_core_imports_nothing_from_its_readers(file: str) -> None:
    allowed = ("tinygrad_lite.core", "tinygrad_lite.errors", "numpy")
    for module in imported(file, nodes(file)):
        own = any(module == a or module.startswith(f"{a}.") for a in allowed)
        assert own or module.split(".")[0] in sys.stdlib_module_names, f"{file} imports {module}"


@pytest.mark.parametrize("file", [f for f in FILES if f.startswith("tensor/")])
def test_tensor_imports_only_what_is_below_it(file: str) -> None:
    allowed = ("tinygrad_lite.core", "tinygrad_lite.tensor", "tinygrad_lite.errors")
    for module in imported(file, nodes(file)):
        if module.split(".")[0] == NAME:
            assert any(module == a or module.startswith(f"{a}.") for a in allowed), f"{file} imports {module}"


@pytest.mark.parametrize("file", [f for f in FILES if f.startswith("array_functions/")])
def test_numpys_functions_import_only_what_is_below_them(file: str) -> None:
    rooms = {"core", "tensor", "programs", "array_functions", "errors"}
    for module in imported(file, nodes(file)):
        if module.split(".")[0] == NAME:
            assert module.split(".")[1] in rooms, f"{file} imports {module}"


@pytest.mark.parametrize("file", [f for f in FILES if f.startswith("programs/rewriting/")])
def test_rewriting_knows_only_what_a_program_is(file: str) -> None:
    allowed = tuple(f"{NAME}.{x}" for x in ("core.graph", "programs.program", "programs.claims", "programs.rewriting"))
    for module in imported(file, nodes(file)):
        if module.split(".")[0] == NAME:
            assert module.startswith(allowed), f"{file} imports {module}"


@pytest.mark.parametrize("file", [f for f in FILES if f.startswith("listing/")])
def test_listings_stand_on_derivations_and_below_what_compiles(file: str) -> None:
    rooms = {
        "core",
        "tensor",
        "programs",
        "functions",
        "transforms",
        "trees",
        "derivations",
        "notation",
        "mapping",
        "optim",
        "listing",
        "errors",
    }
    for module in imported(file, nodes(file)):
        if module.split(".")[0] == NAME and module != NAME:
            assert module.split(".")[1] in rooms, f"{file} imports {module}"


def test_the_floors_of_the_core_are_in_order() -> None:
    floors = ["broadcasting", "graph", "walks", "scopes", "choosing", "slots", "primitives", "backprop"]
    assert {f"core/{name}.py" for name in [*floors, "__init__"]} >= {f for f in FILES if f.startswith("core/")}
    for number, name in enumerate(floors):
        below = {f"tinygrad_lite.core.{other}" for other in floors[:number]}
        used = {m for m in imported(name, nodes(f"core/{name}.py")) if m.startswith("tinygrad_lite.core")}
        assert used <= below, f"{name} reaches up: {used - below}"


def knots(edges: dict[str, set[str]]) -> set[str]:
    """The modules that can reach themselves, and what lies between them."""
    edges = {module: set(targets) for module, targets in edges.items()}
    while True:  # take away what imports nothing of the rest, and what nothing of the rest imports
        wanted = set().union(*edges.values())
        loose = [module for module, targets in edges.items() if not targets & edges.keys() or module not in wanted]
        if not loose:
            return set(edges)
        for module in loose:
            del edges[module]


def edges_of(late: bool) -> dict[str, set[str]]:
    def statements(file: str) -> Iterator[ast.AST]:
        return run_at_any_time(tree(file)) if late else run_at_import(tree(file).body)

    return {
        module: {m for m in imported(file, statements(file)) if m in MODULES and m != module}
        for module, file in MODULES.items()
    }


def test_module_imports_run_in_no_circle() -> None:
    edges = edges_of(late=False)
    assert edges["tinygrad_lite.core.backprop"] >= {"tinygrad_lite.core.graph"}
    assert knots(edges) == set()


def run_at_any_time(node: ast.AST) -> Iterator[ast.AST]:
    """All that can run, functions included, but not what stands there for type checkers."""
    yield node
    if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
        for child in ast.iter_child_nodes(node):
            yield from run_at_any_time(child)


def test_imports_inside_functions_make_no_circle_but_the_declared_one() -> None:
    declared = {f"tinygrad_lite.derivations.normal.{room}" for room in ("algebra", "exponentials", "sums")}
    assert knots(edges_of(late=True)) == declared


def test_the_floors_of_derivations_are_in_order() -> None:
    floors = ["normal", "reading", "writing", "steps", "judging"]
    for number, floor in enumerate(floors):
        above = tuple(f"tinygrad_lite.derivations.{other}" for other in floors[number + 1 :])
        for file in (f for f in FILES if f.startswith(f"derivations/{floor}/")):
            used = {m for m in imported(file, nodes(file)) if m.startswith("tinygrad_lite.derivations")}
            outside = {m for m in used if m.split(".")[2] not in floors}
            assert not outside, f"{file} reaches out of the rooms: {outside}"
            assert not any(m.startswith(above) for m in used), f"{file} reaches up: {used}"


def test_the_rooms_of_pictures_are_in_order() -> None:
    """What stands on an edge knows of no box, a view of no output; the files at the top use all rooms."""
    floors = ["edges", "view", "live", "outputs"]
    assert {f.split("/")[1] for f in FILES if f.startswith("pictures/") and f.count("/") > 1} == set(floors)
    for number, floor in enumerate(floors):
        allowed = tuple(f"tinygrad_lite.pictures.{other}." for other in floors[: number + 1])
        for file in (f for f in FILES if f.startswith(f"pictures/{floor}/")):
            used = {m for m in imported(file, nodes(file)) if m.startswith("tinygrad_lite.pictures")}
            assert all(f"{m}.".startswith(allowed) for m in used), f"{file} reaches up: {used}"


def test_pictures_search_no_text_but_for_characters_that_an_output_cannot_hold() -> None:
    """What a label says is decided on formulas and numbers, and is text at the end only."""
    searching = {f for f in FILES if f.startswith("pictures/") and "re" in set(imported(f, nodes(f)))}
    assert searching == {"pictures/outputs/characters.py"}


def test_compiling_stands_above_what_it_uses_and_below_the_command() -> None:
    """Programs know nothing of listings, compiling or the command; compiled functions nothing of the command."""
    above = {
        "programs": ("listing", "compiling", "command"),
        "listing": ("compiling", "command"),
        "compiling": ("command",),
    }
    for room, others in above.items():
        for file in (f for f in FILES if f.startswith(f"{room}/")):
            for module in imported(file, nodes(file)):
                assert not module.startswith(tuple(f"tinygrad_lite.{other}" for other in others)), (
                    f"{file} imports {module}"
                )


def test_the_rooms_of_exercises_are_in_order() -> None:
    """Files at the top have a place in the order, too. An answer is run, learned with and graded by rooms that are apart."""
    order = [
        {"message", "whole_files"}, {"making"}, {"slips", "answers"}, {"judging"}, {"showing"}, {"exercise"}, {"sandbox"}, {"path"},
        {"handout"}, {"__init__"}, {"learning", "teaching"},
    ]  # fmt: skip
    place = {room: number for number, rooms in enumerate(order) for room in rooms}
    for file in (f for f in FILES if f.startswith("exercises/")):
        own = file.split("/")[1].removesuffix(".py")
        for module in imported(file, nodes(file)):
            if module.startswith(("tinygrad_lite.exercises", "tinygrad_lite.command")):
                used = (module + ".__init__").split(".")[2]
                assert used == own or place.get(used, len(order)) < place[own], f"{file} reaches up: {module}"


# --- functions and tricks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", STRICT)
def test_no_function_where_a_student_reads_is_longer_than_a_screen(file: str) -> None:
    for name, lines in functions(file):
        assert lines <= LONGEST, f"{name} has {lines} lines"


@pytest.mark.parametrize("file", STRICT)
def test_no_trick_stands_where_a_student_reads(file: str) -> None:
    assert list(tricks(file)) == []


def test_nobody_joins_the_offenders_elsewhere() -> None:
    others = [f for f in FILES if f not in STRICT]
    long = {name for file in others for name, lines in functions(file) if lines > LONGEST}
    trick = {t for file in others for t in tricks(file)}
    assert long <= LONG_FUNCTIONS_ELSEWHERE
    assert trick <= TRICKS_ELSEWHERE


def test_the_core_stays_small() -> None:
    lines = {f: len((PACKAGE / f).read_text(encoding="utf-8").splitlines()) for f in STRICT}
    for file, count in lines.items():
        assert count <= 420, f"{file} has {count} lines"
    assert sum(count for file, count in lines.items() if file.startswith("core/")) <= 1_300
    assert lines["core/backprop.py"] + lines["core/broadcasting.py"] <= 200


def test_a_node_has_one_private_slot() -> None:
    assert [slot for slot in Node.__slots__ if slot.startswith("_")] == ["__weakref__", "_array"]
    assert Tensor.__slots__ == ()
    for kind in (Primitive, Call, Meta):
        assert not [slot for slot in kind.__slots__ if slot.startswith("_")]
