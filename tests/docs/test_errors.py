"""Errors hold what README says of them: one family, built-in types, and what happened, what was seen, what to do."""

from __future__ import annotations

import builtins
import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.tensors import leaf
from tinygrad_lite import errors

# A mistake, the error, what of it was seen, what to do. Where the last is empty, what was seen says it.
MISTAKES: list[tuple[str, str, str, str]] = [
    # leaving the graph
    ("float(s)", "DetachError", "'s' of shape ()", "t.item()"),
    ("int(s)", "DetachError", "an integer would lose", "int(t.item())"),
    ("complex(s)", "DetachError", "a complex number would lose", "t.item()"),
    ("math.exp(s)", "DetachError", "'s' of shape ()", "np.exp(t), not math.exp(t)"),
    ("[1, 2, 3][s]", "DetachError", "an index would lose", "t.item()"),
    ("np.asarray(w)", "DetachError", "'w' of shape (3,)", ".detach()"),
    ("np.ma.array(w)", "DetachError", "'w' of shape (3,)", ".detach()"),
    ("tg.Tensor(w)", "DetachError", "'w' of shape (3,)", ".detach()"),
    ("pickle.dumps(w * 2)", "DetachError", "made by multiply", "t.detach()"),
    ("copy.copy(w * 2)", "DetachError", "made by multiply", "t.copy()"),
    ("np.exp(w, out=np.zeros(3))", "DetachError", "'w' of shape (3,)", ".detach()"),
    ("setattr(w, 'data', w * 2)", "DetachError", "tracks a gradient", ".detach()"),
    # what has no meaning here
    ("np.fft.fft(w)", "UnsupportedError", "'w' of shape (3,): complex numbers", "tg.supported()"),
    ("np.linalg.eig(M)", "UnsupportedError", "'M' of shape (3, 3): complex numbers", "tg.supported()"),
    ("np.save('w', w)", "UnsupportedError", "text or a file", ".save(path)"),
    ("np.put(tg.Tensor([1.0]), 0, 1)", "UnsupportedError", "np.put", "np.where"),
    ("np.copyto(w, 0)", "UnsupportedError", "in place", "np.where"),
    ("w.__setitem__(0, 1)", "UnsupportedError", "written to in place", "np.where"),
    ("w.exp()", "SpellingError", ".exp", "np.exp(t)"),
    ("w.relu()", "SpellingError", ".relu", "tg.relu(t)"),
    ("exec('from tinygrad_lite.nn import ReLU')", "SpellingImportError", "tg.nn has no ReLU", "tg.relu"),
    ("w.sum(dim=0)", "UnsupportedError", "dim=", "axis="),
    ("np.max(w, out=np.zeros(()))", "UnsupportedError", "out=", "returned value"),
    ("type('Mine', (tg.Tensor,), {})", "UnsupportedError", "subclassed", "@tg.composite"),
    ("tg.no_grad(print)", "UnsupportedError", "print", "@tg.no_grad()"),
    ("tg.composite(3)", "UnsupportedError", "got 3", "@tg.composite"),
    # shapes and indices
    ("w + tg.Tensor([1.0, 2.0])", "ShapeError", "(3,) and (2,)", ".reshape"),
    ("w @ tg.Tensor([1.0, 2.0])", "ShapeError", "(3,) and (2,)", ".T"),
    ("bool(w)", "ShapeError", "(3,)", ".any()"),
    ("w.item()", "ShapeError", "(3,)", ".tolist()"),
    ("w.reshape(2)", "ShapeError", "(3,)", ""),
    ("np.stack([w, s])", "ShapeError", "(), (3,)", "one shape"),
    ("np.split(w, 2)", "ShapeError", "size 3", "np.array_split"),
    ("np.sum(w, axis=1)", "ShapeError", "axis 1 is out of bounds", ""),
    ("np.linalg.inv(w)", "ShapeError", "(3,)", "(..., n, n)"),
    ("np.cross(w, [1.0, 2.0])", "ShapeError", "3 and 2", "x[..., 0] * y[..., 1]"),
    ("w.backward()", "ShapeError | GradientError", "(3,)", ".sum()"),
    ("w.sum().backward(np.ones(3))", "ShapeError", "(3,)", ""),
    ("tg.pull_back([w], [1.0], [w])", "ShapeError", "(3,); got 1.0", "np.ones_like"),
    ("tg.pull_back([s * 2], [np.ones(3)], [s])", "ShapeError", "shape ()", "np.ones_like"),
    ("setattr(w, 'data', [1.0])", "ShapeError", "(3,); got (1,)", "new Tensor"),
    ("tg.nn.MLP([2, 1])(w)", "ShapeError", "2 inputs; got shape (3,)", ""),
    ("len(s)", "ScalarError", "scalar", "at least one axis"),
    ("w[5]", "IndexingError", "(3,): index 5", ""),
    ("w['a']", "IndexingError", "got <U1", "integers, slices"),
    # types and values
    ("tg.Tensor('a')", "DTypeError", "<U1", "dtype=float"),
    ("tg.Tensor([1.0, [2.0]])", "DTypeError", "ragged", "same length"),
    ("tg.Tensor(1j)", "DTypeError", "complex128", ".real"),
    ("tg.Tensor(3, requires_grad=True)", "DTypeError", "int64", "3.0 for 3"),
    ("tg.grad(tg.relu)(3)", "DTypeError", "int64", "3.0 for 3"),
    ("tg.stop_gradient('a')", "DTypeError", "<U1", "dtype=float"),
    ("tg.optim.SGD(3, lr=0.1)", "DTypeError", "got 3", "model.parameters()"),
    ("tg.optim.SGD(tg.nn.MLP([2, 1]), lr=0.1)", "DTypeError", "Linear(2, 1)", "model.parameters()"),
    ("np.var(w, ddof='1')", "DTypeError", "'1'", "a number"),
    ("np.tril(M, '1')", "DTypeError", "'str'", "help(np.tril)"),
    ("np.rot90(M, axes=1)", "DTypeError", "'int'", "help(np.rot90)"),
    ("w & 1", "DTypeError", "floating-point", "(t > 0) & (t < 1)"),
    ("tg.cross_entropy(np.array([2.0]), np.array([1.0]))", "DomainError", "2.0", "cross_entropy_with_logits"),
    ("tg.one_hot([3], 3)", "DomainError", "got 3", "0 to 2"),
    ("np.linalg.cholesky(-M)", "DomainError", "(3, 3)", "np.eye"),
    ("tg.nn.MLP([2, 1], activation='reulu')", "DomainError", "'reulu'", "relu"),
    ("tg.optim.SGD([w], lr=-1)", "DomainError", "-1", "0 or more"),
    # gradients, files, formulas, pictures
    ("tg.Tensor(1.0).backward()", "GradientError", "shape ()", "requires_grad=True"),
    ("w.__iadd__(1)", "GradientError", "this leaf", "tg.no_grad()"),
    ("setattr(w * 2, 'requires_grad', True)", "GradientError", "made by multiply", ".detach()"),
    ("tg.compile(lambda x: x if x[0] > 0 else -x)(np.ones(3))", "CompileError", "a branch", "np.where"),
    ("tg.compile(lambda x: x.tolist())(np.ones(3))", "CompileError", ".tolist()", "outside of the compiled function"),
    ("tg.compile(3)", "UnsupportedError", "got 3", "@tg.compile"),
    ("changed(w).backward()", "StaleGraphError", "'w'", "Run the forward pass again"),
    ("tg.gradcheck(lambda x: x * tg.stop_gradient(x), 3.0)", "GradcheckError", "got 3, expected 6", ""),
    ("tg.nn.MLP([2, 1]).load('/nowhere')", "StateError", "/nowhere", "save()"),
    ("tg.nn.MLP([2, 1]).load_state_dict({})", "StateError", "0.weight (2, 1)", "same sizes"),
    ("tg.data.mnist('/nowhere')", "DataError", "/nowhere", "downloaded"),
    ("tg.same_formula('x +', 'y')", "FormulaError", "x +\n     ^", "a value is expected"),
    ("tg.derive(w.sum(), wrt='v')", "DerivationError", "'v'", "names are: 'w'"),
    ("tg.exercises.load('two-layer')", "ExerciseError", "two-layer", "two-layers"),
    ("tg.draw(w).save('w.jpeg')", "DrawingError", "w.jpeg", ".svg"),
    ("tg.draw(w).save('/nowhere/w.txt')", "WriteError", "/nowhere/w.txt", "Make that directory"),
]


def changed(w: tg.Tensor) -> tg.Tensor:
    cost = (w * w).sum()
    w.data = [0.0, 0.0, 0.0]
    return cost


def the_error(mistake: str) -> BaseException:
    names: dict[str, Any] = {"tg": tg, "np": np, "math": math, "copy": copy, "pickle": pickle, "changed": changed}
    names |= {"w": leaf([1.0, 2.0, 3.0], name="w"), "s": leaf(2.0, name="s"), "M": leaf(np.eye(3), name="M")}
    with pytest.raises(errors.TinygradLiteError) as caught:
        eval(mistake, names)
    return caught.value


@pytest.mark.parametrize(("mistake", "kind", "seen", "fix"), MISTAKES, ids=[m for m, *_ in MISTAKES])
def test_a_mistake_is_an_error_of_ours_that_says_what_was_seen_and_what_to_do(
    mistake: str, kind: str, seen: str, fix: str
) -> None:
    error = the_error(mistake)
    assert type(error).__name__ in kind.split(" | ")
    assert seen in str(error)
    assert fix in str(error)


def test_the_mistakes_are_many_and_of_every_kind_that_needs_no_special_machine() -> None:
    assert len(MISTAKES) >= 60
    kinds = {kind for _, kinds, *_ in MISTAKES for kind in kinds.split(" | ")}
    told_elsewhere = {"TinygradLiteError", "NumericsWarning", "ReadOnlyError", "MissingExtraError"}
    assert kinds == set(errors.__all__) - told_elsewhere


@pytest.mark.parametrize(
    "name", [name for name in errors.__all__ if name not in ("TinygradLiteError", "NumericsWarning")]
)
def test_an_error_is_one_of_the_family_and_a_built_in_type_too(name: str) -> None:
    kind = getattr(errors, name)
    assert issubclass(kind, errors.TinygradLiteError)
    general = (object, BaseException, Exception)
    assert [base for base in kind.__mro__ if base not in general and base is getattr(builtins, base.__name__, None)]


@pytest.mark.parametrize(
    ("call", "kind"),
    [("tg.draw()", TypeError), ("w ** '2'", TypeError), ("w.data.__setitem__(0, 1.0)", ValueError), ("w.nothing", AttributeError),
     ("array.__setitem__(0, s)", ValueError)],
)  # fmt: skip
def test_what_python_or_numpy_refuses_is_their_own_error(call: str, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        eval(call, {"tg": tg, "w": leaf([1.0, 2.0]), "s": leaf(2.0), "array": np.zeros(2)})
    assert not isinstance(caught.value, errors.TinygradLiteError)
    if call.startswith("array"):
        assert isinstance(caught.value.__cause__, errors.DetachError)
