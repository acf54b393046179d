"""No silent detaching: a walk over NumPy's namespaces with tracked Tensors wherever data can be put.

What asks no protocol: test_conversions.py.
"""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.grouped import in_groups
from tests.helpers.tensors import outcome, tracked
from tinygrad_lite import errors
from tinygrad_lite.core.primitives import TABLE
from tinygrad_lite.tensor.dispatch import NUMPY
from tinygrad_lite.tensor.hints import HINTS, IN_PLACE, NAMES, instead_of

MODULES = [np, np.linalg, np.fft, np.emath, np.lib.stride_tricks, np.strings, np.char]
Dispatcher = type(np.sum)  # functions that ask __array_function__


def spelled(module: Any, name: str) -> str:
    return {"numpy": "np"}.get(module.__name__, module.__name__.replace("numpy", "np")) + "." + name


def members(kind: Any) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a newer NumPy warns of names that it will drop
        return {
            spelled(m, n): getattr(m, n)
            for m in MODULES
            for n in sorted(dir(m))
            if isinstance(getattr(m, n, None), kind) and not n.startswith("_")
        }


UFUNCS, FUNCTIONS = members(np.ufunc), members(Dispatcher)

# --- ufuncs ----------------------------------------------------------------------------------------------------------

SHAPES = [(), (3,), (3, 3)]


@pytest.mark.parametrize("name", UFUNCS)
def test_a_ufunc_records_or_refuses(name: str) -> None:
    ufunc = UFUNCS[name]
    found = []
    for shape in SHAPES:
        for place in range(ufunc.nin):  # a Tensor in each place, then in all
            mixed = [tracked(shape) if i == place else np.ones(shape) for i in range(ufunc.nin)]
            found.append(outcome(lambda mixed=mixed: ufunc(*mixed)))
        found.append(outcome(lambda shape=shape: ufunc(*[tracked(shape) for _ in range(ufunc.nin)])))
    assert set(found) <= {"error", "tracked"}, found


METHODS = [(name, method) for name in UFUNCS for method in ("reduce", "accumulate", "reduceat", "outer", "at")]


@in_groups("name, method", METHODS, by=lambda case: str(case[0]))
def test_a_ufuncs_method_records_or_refuses(name: str, method: str) -> None:
    ufunc, f = UFUNCS[name], getattr(UFUNCS[name], method)
    t, a = tracked(), np.ones(3)
    calls: dict[str, list[tuple[Any, ...]]] = {
        "reduce": [(t,), (tracked((3, 3)), 1), (tracked((3, 3)), None)],
        "accumulate": [(t,), (tracked((3, 3)), 1)],
        "reduceat": [(t, [0, 1])],
        "outer": [(t, t), (t, a), (a, t)],
        "at": [(a.copy(), [0], t[:1]), (t, [0], 1.0), (t, [0])],
    }
    found = [outcome(lambda args=args: f(*args)) for args in calls[method]]
    # NumPy itself refuses methods of ufuncs that have not two inputs and one output.
    assert set(found) <= {"error", "tracked", "refused"}, found
    if ufunc.nin == 2 and ufunc.nout == 1 and ufunc.signature is None:
        assert "refused" not in found or method == "at"


@pytest.mark.parametrize("name", [n for n in UFUNCS if n.startswith("np.") and n.count(".") == 1])
def test_keywords_of_ufuncs_record_or_refuse(name: str) -> None:
    ufunc = UFUNCS[name]
    inputs = [tracked() for _ in range(ufunc.nin)]
    before = np.full(3, 7.0)
    keywords: list[dict[str, Any]] = [
        {"out": before}, {"out": (before,)}, {"out": tg.Tensor(before)}, {"out": tracked()},
        {"where": np.array([True, False, True])}, {"where": tracked() > 0}, {"dtype": np.float32}, {"casting": "unsafe"},
        {"order": "C"}, {"subok": False},
    ]  # fmt: skip
    found = {str(k): outcome(lambda k=k: ufunc(*inputs, **k)) for k in keywords}
    allowed = {"error", "tracked"}
    if ufunc.signature is not None or ufunc.nout > 1:
        allowed.add("refused")  # NumPy itself takes no where= there, and wants one array per output
    assert set(found.values()) <= allowed, found
    np.testing.assert_array_equal(before, 7.0)  # nothing was written
    plain = [np.ones(3) for _ in range(ufunc.nin)]
    if ufunc.signature is None and ufunc.nout == 1:
        assert outcome(lambda: ufunc(*plain, out=tracked())) == "error"
        mask = tracked() > 0  # it passes no gradient itself
        assert outcome(lambda: ufunc(*plain, where=mask, out=tracked())) == "error"


# --- functions ---------------------------------------------------------------------------------------------------------

# Parameters that hold no data but say how: types, names, switches with a default.
SETTINGS = {
    "dtype", "device", "like", "order", "file", "fname", "include_initial", "keepdims", "stable", "descending", "density", "copy",
    "norm", "edge_order", "errors", "deletechars", "tol", "max_line_width", "threshold", "edgeitems", "out",
    "nan", "posinf", "neginf",  # of nan_to_num, which has no use for them where there is no nan
}  # fmt: skip
FILLERS: list[Callable[[], Any]] = [
    lambda: np.array([0.5, 1.0, 2.0]), lambda: np.eye(3) + np.arange(9.0).reshape(3, 3), lambda: 1,
    lambda: [np.ones(3), np.ones(3)], lambda: "ij,ij->i", lambda: (0,),
]  # fmt: skip
INJECTIONS: list[Callable[[], Any]] = [
    lambda: tracked(()), tracked, lambda: tracked((3, 3)), lambda: [tracked(), tracked()], lambda: [tracked(())],
]  # fmt: skip
HANDED_ON = {
    ("np.piecewise", "args"), ("np.piecewise", "kw"),  # given to functions of the user's, unseen
    ("np.unwrap", "discont"),  # a threshold: it is compared with, which passes no gradient
    ("np.corrcoef", "bias"), ("np.corrcoef", "ddof"),  # NumPy before 2.4 has them, and makes no use of them
}  # fmt: skip
WRITES_FILES = {"np.save", "np.savez", "np.savez_compressed", "np.savetxt"}
# Facts of shape and type, and comparisons of all elements at once, which give one bool as `if` wants it.
FACTS = {"np.shape", "np.ndim", "np.size", "np.result_type", "np.iscomplexobj", "np.isrealobj"} | {
    "np.allclose", "np.array_equal", "np.array_equiv", "np.can_cast", "np.min_scalar_type", "np.common_type",
    "np.may_share_memory", "np.shares_memory", "np.einsum_path",
}  # fmt: skip


# Functions written in C that say their parameters since NumPy 2.4 only, where two for data are not what they take.
WRITTEN_IN_C = {"empty_like": ["prototype"], "putmask": ["a", "mask", "values"]}


def parameters(function: Any) -> list[inspect.Parameter]:
    kind = inspect.Parameter.POSITIONAL_ONLY
    try:
        return list(inspect.signature(function).parameters.values())
    except ValueError:
        if function.__name__ in WRITTEN_IN_C:
            return [inspect.Parameter(name, kind) for name in WRITTEN_IN_C[function.__name__]]
        return [inspect.Parameter("a", kind), inspect.Parameter("b", kind, default=None)]


def holds_data(parameter: inspect.Parameter) -> bool:
    return parameter.name not in SETTINGS and not isinstance(parameter.default, bool | str)


def calls_with(function: Any, target: inspect.Parameter, injected: Any) -> Iterator[Callable[[], Any]]:
    """Calls that have the injected Tensor for one parameter, and every kind of filler for the required others."""
    every = parameters(function)
    for filler in FILLERS:
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        for q in every:
            if q.name == target.name:
                value = injected
            elif q.default is q.empty and q.kind not in (q.VAR_POSITIONAL, q.VAR_KEYWORD):
                value = filler()
            else:
                continue
            if q.kind is q.VAR_KEYWORD:
                kwargs["anything"] = value
            elif q.kind is q.KEYWORD_ONLY or kwargs or (q.default is not q.empty and q.kind is not q.POSITIONAL_ONLY):
                kwargs[q.name] = value
            else:
                args.append(value)
        yield lambda args=args, kwargs=kwargs: function(*args, **kwargs)


@pytest.mark.parametrize("name", [n for n in FUNCTIONS if n not in WRITES_FILES])
def test_a_function_records_or_refuses_wherever_the_tensor_is(name: str) -> None:
    function = FUNCTIONS[name]
    reached = False
    for target in parameters(function):
        if not holds_data(target) or (name, target.name) in HANDED_ON:
            continue
        for inject in INJECTIONS:
            found = [outcome(call) for call in calls_with(function, target, inject())]
            lost = [x for x in found if x.startswith("LOST")]
            assert not lost, f"{name}({target.name}=…): {lost}"
            reached = reached or not {"error", "tracked"}.isdisjoint(found) or (name in FACTS and "fact" in found)
    assert reached, f"no call of {name} got as far as Tensor: give FILLERS what it needs"


@pytest.mark.parametrize("name", sorted(WRITES_FILES))
def test_nothing_tracked_is_written_to_a_file(name: str, tmp_path: Any) -> None:
    target = tmp_path / "weights"
    assert outcome(lambda: FUNCTIONS[name](target, tracked())) == "error"
    assert not any(tmp_path.iterdir())
    assert outcome(lambda: FUNCTIONS[name](target, [tracked(), tracked()])) == "error"


WITH_OUT = [n for n in FUNCTIONS if any(q.name == "out" for q in parameters(FUNCTIONS[n]))]


@pytest.mark.parametrize("name", WITH_OUT)
def test_no_function_writes_a_tracked_tensor_out(name: str) -> None:
    function = FUNCTIONS[name]
    required = [q for q in parameters(function) if q.default is q.empty and q.kind is not q.VAR_POSITIONAL]
    for shape in SHAPES:
        out = np.full(shape, 7.0)
        for into in (out, tg.Tensor(out), tracked(shape)):
            inputs = [tracked((3, 3)) for _ in required]
            found = outcome(lambda inputs=inputs, into=into: function(*inputs, out=into))
            assert found in ("error", "refused"), f"{name}(…, out={type(into).__name__}): {found}"
        np.testing.assert_array_equal(out, 7.0)


# --- what the errors say ----------------------------------------------------------------------------------------------


def unsupported() -> dict[str, str]:
    """The message of every function that has no meaning here."""
    found = {}
    for name, function in {**FUNCTIONS, **UFUNCS}.items():
        t = tracked((3, 3))
        for args in ([t] * getattr(function, "nin", 1), [t, t], [t, 1], [t, 1, 1]):
            try:
                with np.errstate(all="ignore"):
                    function(*args)
            except errors.UnsupportedError as error:
                if "would lose the gradient" in str(error):
                    found[name] = str(error)
            except Exception:
                continue
    return found


def test_messages_name_the_function_and_say_what_to_write_or_why_not() -> None:
    messages = unsupported()
    assert len(messages) > 100  # the walk is a walk
    for name, text in messages.items():
        said, reason = text.split(" would lose the gradient of tensor of shape ")
        function = {**FUNCTIONS, **UFUNCS}[name]
        assert said.split(".")[-1] in (name.split(".")[-1], function.__name__)
        assert instead_of(said) in reason
        assert "tg.supported()" in text
        assert "t.detach()" in text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("np.fft.fft", "complex numbers are outside"), ("np.linalg.eig", "complex numbers are outside"),
        ("np.copyto", r"np\.where"), ("np.add.at", r"np\.where"), ("np.strings.upper", "no text"),
        ("np.histogram", "places or counts"), ("np.savez", "model has .save"), ("np.packbits", "bits"),
        ("np.polyfit", "write the polynomial out"), ("np.cbrt", r"write np\.sign"), ("np.expm", "compose it"),
    ],
)  # fmt: skip
def test_the_hint_says_what_to_write_or_why_not(name: str, said: str) -> None:
    assert re.search(said, instead_of(name))


def test_hints_are_for_functions_that_numpy_has_and_that_have_no_meaning_here() -> None:
    """Whoever gives a function its meaning takes its hint away."""
    assert sorted(HINTS.keys() & set(tg.supported())) == []
    later = {
        "astype",
        "bitwise_count",
        "unstack",
        "cumulative_sum",
        "cumulative_prod",
        "matvec",
        "vecmat",
        "unique",
        "fix",
    }
    for name in HINTS:
        assert reached(name) is not None or name.split(".")[1] in later, name


def test_what_a_hint_names_is_there() -> None:
    texts = [*HINTS.values(), *NAMES.values()]
    for text in texts:
        for module, names in re.findall(r"\b(np|tg)\.([a-z_0-9.]*[a-z_0-9])", text):
            target: Any = {"np": np, "tg": tg}[module]
            for part in names.split("."):
                target = getattr(target, part)


def reached(name: str) -> Any:
    """What NumPy has under this name; a newer NumPy warns of names that it will drop, and an older one lacks some."""
    target: Any = np
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for part in name.split(".")[1:]:
            target = getattr(target, part, None)
    return target


def test_the_method_of_an_array_finds_what_the_function_finds() -> None:
    t, a = tracked(), np.ones(3)
    np.testing.assert_array_equal(a.clip(t, 2.0).numpy(), np.clip(a, t, 2.0).numpy())


def test_a_supported_name_reaches_its_function() -> None:
    for name in tg.supported():
        target: Any = np
        for part in name.split(".")[1:]:
            target = getattr(target, part)
        assert callable(target)


def test_entries_without_rules_are_the_known_ones() -> None:
    """What passes no gradient is a short list that a person has looked at."""
    flat = {n for n, entry in TABLE.items() if entry.vjps is None}
    comparisons = {"greater", "greater_equal", "less", "less_equal", "equal", "not_equal"}
    logic = {"logical_and", "logical_or", "logical_not", "logical_xor", "any", "all"}
    facts = {"isfinite", "isnan", "isinf", "signbit"}
    integers = {"gcd", "lcm", "bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift"}
    whole = {"floor", "ceil", "rint", "trunc", "round", "floor_divide", "whole_part"}
    steps = {"sign", "angle", "argmax", "argmin", "astype_integer", "stop_gradient", "det_sign"}
    assert flat == comparisons | logic | facts | integers | whole | steps


# --- Tensors that track nothing -----------------------------------------------------------------------------------------


def plain_calls(name: str) -> list[tuple[Any, ...]]:
    """Calls of a function that NumPy takes on plain arrays, its arguments as arrays."""
    a, b, k = np.array([0.5, 1.0, 2.0]), np.eye(3) + 1.0, np.array([2, 0, 1])
    every = [(a,), (b,), (k,), (a, a), (b, a), (a, b), (b, b), (k, k), (a, k), ([a, a],), ((a, b),), (a, a, a)]
    found = []
    for args in every:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                reached(name)(*copied(args))
            except Exception:
                continue
            found.append(args)
    return found


def copied(x: Any, kind: Callable[[Any], Any] = np.array) -> Any:
    return type(x)(copied(part, kind) for part in x) if isinstance(x, list | tuple) else kind(x)


def arrays_in(x: Any) -> list[Any]:
    if isinstance(x, list | tuple):
        return [a for part in x for a in arrays_in(part)]
    return [x]


tg.supported()  # loads the rooms that give meanings
WITHOUT_MEANING = sorted(
    n for n, f in {**FUNCTIONS, **UFUNCS}.items() if NUMPY.get(f) is None and n not in WRITES_FILES
)


@pytest.mark.parametrize("name", WITHOUT_MEANING)
def test_a_function_without_a_meaning_is_numpys_own_where_nothing_is_tracked(name: str) -> None:
    function = reached(name)
    for args in plain_calls(name):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            expected = function(*copied(args))
            tensors = [copied(args[0], tg.Tensor), *copied(args[1:])]  # others may be settings, or where to write
            if function in IN_PLACE:
                with pytest.raises(errors.UnsupportedError, match="not written to in place"):
                    function(*tensors)
                continue
            got = function(*tensors)
        for one, other in zip(arrays_in(got), arrays_in(expected), strict=True):
            assert type(one) is type(other)
            np.testing.assert_array_equal(one, other)


def test_one_tracked_tensor_among_many_is_enough_to_refuse() -> None:
    u, t = tg.Tensor([1.0, 2.0, 3.0]), tracked()
    for call in (
        lambda x: np.histogram(u, weights=x), lambda x: np.lexsort([u, x]),
        lambda x: np.histogramdd([u, u], weights=x), lambda x: np.bincount([0, 1, 2], weights=x),
        lambda x: np.add(u, u, where=[True, True, False], out=np.zeros(3)) + np.nextafter(u, x),
    ):  # fmt: skip
        plain = call(u)
        assert plain is not None
        with pytest.raises((errors.UnsupportedError, errors.DetachError), match="gradient"):
            call(t)


def test_keywords_without_a_meaning_are_numpys_own_where_nothing_is_tracked() -> None:
    u, a = tg.Tensor([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0])
    out = np.zeros(3)
    np.exp(u, out=out)
    np.testing.assert_array_equal(out, np.exp(a))
    for call in (
        lambda x: np.exp(x, dtype=np.float32), lambda x: np.add(x, x, casting="no"), lambda x: np.where(x > 1),
        lambda x: np.add.reduceat(x, [0, 1]), lambda x: np.subtract.accumulate(x), lambda x: np.reshape(x, (3, 1), "F"),
    ):  # fmt: skip
        np.testing.assert_array_equal(call(u), call(a), strict=not isinstance(call(a), tuple))
        assert not isinstance(call(u), tg.Tensor)
    with pytest.raises(errors.UnsupportedError, match="not written to in place"):
        np.exp(a, out=u)
    with pytest.raises(errors.UnsupportedError, match="not written to in place"):
        np.add.at(u, [0], 1.0)
    assert u.tolist() == [1.0, 2.0, 3.0]
