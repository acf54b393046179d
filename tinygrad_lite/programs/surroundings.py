"""What a function reaches besides its arguments: cells, globals, attributes, and what these hold.

A trace runs in a copy of all this, a World. Arrays, NumPy's numbers and Tensors in it are stand-ins, so that programs
read them anew in each run; everything else is kept as it was seen, and looked at before each run. What the function
changes is found by comparing the copy with what was put into it: a new array in the place of an old one is written back
by each run, and every other change is refused. The caller's own objects are never touched while a trace runs.
"""

from __future__ import annotations

import builtins
import copy
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.programs.hidden import hidden_in, is_steady
from tinygrad_lite.programs.instances import Instances
from tinygrad_lite.programs.places import Cell, Data, Item, Place, Places
from tinygrad_lite.programs.reachable import (
    chooses_by_class,
    has_attributes,
    is_library,
    is_users,
    is_users_class,
    may_reach,
    names_in,
    users_methods,
)
from tinygrad_lite.programs.standins import PythonFloat, python_float, stand_in
from tinygrad_lite.programs.tracing import Trace, is_users_file, traced_call, users_line
from tinygrad_lite.programs.variables import CellView, Globals
from tinygrad_lite.programs.watching import RANDOM, Drawn
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["World"]

_PLAIN = (
    bool, int, float, complex, str, bytes, type(None), types.ModuleType, types.BuiltinFunctionType, np.ufunc, np.dtype,
)  # fmt: skip


class World:
    """A copy of what functions reach, in which a trace runs.

    trace: knows of every stand-in as soon as it is made; some are made while it runs.
    given: the stand-ins for the inputs among the arguments, in their order; Python floats are inputs where `floats` says
    so. fixed: the kinds of dtype of which arrays that are no arguments are constants, compared before each run.
    reached: the other stand-ins, each with the place that its value is read from. places: what must be as it was seen.
    tensors: the copies of Tensors, each with the Tensor itself; labels: their names. gradients: the stand-ins for their gradients. inlined: what is called in the place of a callable.
    """

    def __init__(self, inlined: Callable[[Any], Any] = lambda x: None, floats: bool = True, fixed: str = "") -> None:
        self.inlined, self.floats, self.fixed = inlined, floats, fixed
        self.given: list[Any] = []
        self.places = Places()
        self.reached: list[tuple[Tensor, Place]] = []
        self.tensors: dict[Tensor, Tensor] = {}
        self.labels: dict[Tensor, str | None] = {}
        self.gradients: dict[Tensor, Tensor | None] = {}
        self.trace = Trace()
        self._instances = Instances(self.copy, self._number, self.places, self.trace.refuse)
        self.generators: list[Drawn] = []
        self.trace.generators = self.generators
        self.containers: list[tuple[Any, dict[Any, Any], Any, str]] = []  # a copy, what was put in, the original, name
        self.compared: list[tuple[Any, Any, str]] = []  # the copy of a set, what it held, name
        self._copies: dict[int, Any] = {}
        self._given_tensors: dict[int, Tensor] = {}
        self._first: dict[int, Place] = {}  # where an array was found first
        self._kept: list[Any] = []  # while an object lives, nothing else has its id

    def call(
        self, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], names: Sequence[str]
    ) -> Any:
        """What a function returns that is traced in this world. names: of the positional arguments."""
        copied = self.copy(function, None, getattr(function, "__name__", "function"))
        new_args = [self.copy(x, None, name) for x, name in zip(args, names, strict=True)]
        new_kwargs = {key: self.copy(x, None, key) for key, x in kwargs.items()}
        return traced_call(self.trace, copied, *new_args, **new_kwargs)

    def found(self) -> list[tuple[Tensor, Place]]:
        """The stand-ins besides those of the arguments, each with its place; a Tensor is read where its data lies."""
        among = set(self.given)
        return [*self.reached, *((t, Data(original)) for t, original in self.tensors.items() if t not in among)]

    def copy(self, x: Any, place: Place | None, name: str) -> Any:
        """The copy of x, which was found at this place (None: it is an argument, and is given anew with each call)."""
        if place is None and (isinstance(x, Node) or self._is_input(x)):
            return self._argument(x, name)
        known = id(x) in self._copies
        if place is not None:
            if isinstance(x, np.ndarray | np.generic):
                self.places.same_kind(place, x)
                if known:
                    self.places.twins(place, self._first[id(x)])
                self._first.setdefault(id(x), place)
            else:
                self.places.same(place, x)
        if known:
            return self._copies[id(x)]
        self._kept.append(x)
        return self._new(x, place, name)

    def originals(self, kind: type) -> list[Any]:
        """The objects of a kind of which there is a copy."""
        return [x for x in self._kept if isinstance(x, kind)]

    def _new(self, x: Any, place: Place | None, name: str) -> Any:
        kind = type(x)
        if isinstance(x, Node):
            self.places.same(Item(x, "needs_grad"), x.needs_grad)
            return self._remember(x, self.tensor(x, name))
        if place is not None and type(x) is not float and self._is_input(x):
            if x.dtype.kind in self.fixed:
                self.places.equal_numbers(place, x)
                return x.copy()
            return self._remember(x, self._input(x, place, name))
        owner = getattr(x, "__self__", None) if callable(x) else None
        if isinstance(owner, RANDOM):
            self.generators.append(Drawn(owner))
            return x
        if isinstance(x, types.ModuleType) and is_users_file(getattr(x, "__file__", None) or "<frozen"):
            return self._module(x)
        if isinstance(x, types.BuiltinMethodType | types.MethodWrapperType) and not isinstance(owner, types.ModuleType):
            copied = self.copy(owner, Item(x, "__self__"), name)
            return x if copied is owner else self._remember(x, getattr(copied, x.__name__))
        if isinstance(x, _PLAIN):
            return x
        inlined = self.inlined(x)
        if inlined is not None:
            return self.copy(inlined, None, name)
        if isinstance(x, RANDOM):
            self.generators.append(Drawn(x))
            return x
        if isinstance(x, types.FunctionType):
            return self._function(x, name)
        if isinstance(x, types.MethodType):
            return types.MethodType(self.copy(x.__func__, None, name), self.copy(x.__self__, None, name))
        if isinstance(x, partial):
            args = [self.copy(v, Item(x.args, i), f"{name}{i}") for i, v in enumerate(x.args)]
            keywords = {k: self.copy(v, Item(x.keywords, k), k) for k, v in x.keywords.items()}
            return partial(self.copy(x.func, None, name), *args, **keywords)
        if isinstance(x, list | tuple | dict):
            return self._container(x, place is not None, name)
        if isinstance(x, bytearray) or (isinstance(x, set) and is_steady(frozenset(x))):
            self.places.equal(x)
            new = self._remember(x, x.copy())
            self.compared.append((new, x.copy(), name))
            return new
        hidden = hidden_in(x)
        if hidden:
            self.trace.refuse(f"the function reaches {name}, a {kind.__name__}, {hidden}")
        if isinstance(x, type):
            self._fixed_class(x)
        elif has_attributes(x) or isinstance(x, types.SimpleNamespace):
            return self._instance(x, name)
        return x

    def _remember(self, x: Any, new: Any) -> Any:
        self._copies[id(x)] = new
        return new

    def _is_input(self, x: Any) -> bool:
        if type(x) is np.ndarray or isinstance(x, np.generic):
            return x.dtype.kind in "fiub" and x.dtype.isnative
        return type(x) is float and self.floats

    def _argument(self, x: Any, name: str) -> Any:
        if isinstance(x, Node):
            if id(x) not in self._given_tensors:
                self._given_tensors[id(x)] = t = self.tensor(x, name)
                self.given.append(t)
            return self._given_tensors[id(x)]
        self.given.append(self._stand_in(x, name))
        return self.given[-1]

    def _stand_in(self, x: Any, name: str) -> Any:
        """An input of the trace for an array or number."""
        t = stand_in(x, name)
        self.trace.inputs.add(t)
        if isinstance(x, np.ndarray):
            self.trace.arrays.add(t)
        return python_float(t) if type(x) is float else t

    def _input(self, x: Any, place: Place, name: str) -> Any:
        """The stand-in for what each run reads anew at its place."""
        t = self._stand_in(x, name)
        self.reached.append((t, place))
        return t

    def _number(self, x: float, place: Place, name: str) -> Any:
        """The stand-in for a Python float that each run reads anew."""
        self.places.same_kind(place, x)
        return self._input(x, place, name)

    def tensor(self, x: Any, name: str) -> Tensor:
        """A leaf in the place of a Tensor: the same data, gradient, name and facts."""
        new = Tensor.leaf(x._array)
        new.needs_grad = x.needs_grad
        new.name = self.labels[new] = x.name or name
        meta, own = x.meta, new.note()
        if meta is not None:
            own.axes, own.facts = meta.axes, meta.facts
            own.grad = None if meta.grad is None else stand_in(meta.grad._array, f"{new.name}_grad")
        self.gradients[new] = own.grad
        self.trace.tensors.add(new)
        self.trace.inputs |= {new} if own.grad is None else {new, own.grad}
        self.tensors[new] = x
        return new

    # --- containers ---------------------------------------------------------------------------------------------

    def _container(self, x: Any, kept: bool, name: str) -> Any:
        """A list, tuple or dict of copies. kept: whether it is the same object in each call."""
        if isinstance(x, tuple):
            items = [self.copy(v, Item(x, i) if kept else None, f"{name}{i}") for i, v in enumerate(x)]
            return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)
        new = self._remember(x, copy.copy(x))
        keys = list(x) if isinstance(x, dict) else range(len(x))
        if kept:
            self.places.as_long(x)
        for key in keys:
            label = key if isinstance(key, str) else f"{name}{key}"
            new[key] = self.copy(x[key], Item(x, key) if kept else None, label)
        self.containers.append((new, dict(new) if isinstance(x, dict) else dict(enumerate(new)), x, name))
        if type(x) not in (list, dict):
            self._attributes(x, new, name)
            self._fixed_methods(type(x))
        return new

    def _attributes(self, x: Any, new: Any, name: str) -> None:
        """Attributes beside what x is: of a function, or of an object of a class derived from list or dict."""
        attributes = getattr(x, "__dict__", {})
        if attributes:
            self.places.as_long(attributes)
            copies = {key: self.copy(v, Item(attributes, key), key) for key, v in attributes.items()}
            new.__dict__.update(copies)
            self.containers.append((new.__dict__, copies, attributes, name))

    # --- objects with attributes: an attribute is copied when it is asked for --------------------------------------

    def _instance(self, x: Any, name: str) -> Any:
        new, own, given = self._instances.new(x, name)
        self.containers.append((own, given, vars(x), name))
        return self._remember(x, new)

    def _module(self, x: types.ModuleType) -> types.ModuleType:
        """A module of the user's: what the function asks it for is copied."""
        new = self._remember(x, types.ModuleType(x.__name__))
        own, given = vars(new), dict[str, Any]()

        def read(key: str) -> Any:
            if key not in vars(x):
                return getattr(x, key)
            own[key] = given[key] = self.copy(vars(x)[key], Item(vars(x), key), key)
            return own[key]

        own["__getattr__"] = read  # Python calls it for what is not there yet
        given.update(own)
        self.containers.append((own, given, vars(x), x.__name__))
        return new  # type: ignore[no-any-return]

    def _fixed_methods(self, kind: type) -> None:
        """The methods of a class whose objects are not copied to one of ours: they run themselves."""
        before, self.fixed = self.fixed, "iubf"
        for key, method in users_methods(kind):
            self.copy(method, None, key)
        self.fixed = before

    def _fixed_class(self, kind: type) -> None:
        """A class that the function reaches by its name: it cannot be copied, so arrays in it are compared."""
        if is_library(kind) or kind.__module__.split(".")[0] == "tinygrad_lite":
            return
        before, self.fixed = self.fixed, "iubf"
        meta: Any = type(kind)
        for base in (*kind.__mro__, *filter(is_users_class, meta.__mro__)):
            for key, x in vars(base).items():
                if not key.startswith("__") and (not hasattr(type(x), "__get__") or isinstance(x, types.FunctionType)):
                    self.copy(x, Item(vars(base), key), key)
        self.fixed = before

    # --- functions ----------------------------------------------------------------------------------------------

    def _function(self, f: types.FunctionType, name: str) -> Any:
        if not is_users(f):
            return self._library_function(f)
        if chooses_by_class(f.__code__):
            self.trace.refuse(
                f"{name} chooses by `case` of a class, and a trace has stand-ins for arrays. Choose with isinstance."
            )
        space = self._globals(f.__globals__)
        cells = tuple(types.CellType() for _ in f.__closure__ or ())
        new = types.FunctionType(f.__code__, space, f.__name__, None, cells or None)
        self._remember(f, new)
        for label, old, cell in zip(f.__code__.co_freevars, f.__closure__ or (), cells, strict=True):
            try:
                content = old.cell_contents
            except ValueError:
                continue  # not yet assigned
            cell.cell_contents = self.copy(content, Cell(old), label) if label != "__class__" else content
            self.containers.append((CellView(cell), {0: cell.cell_contents}, old, label))
        for label in names_in(f.__code__):
            if label in f.__globals__ and label not in space.seen:
                space.seen.add(label)
                space[label] = self.copy(f.__globals__[label], Item(f.__globals__, label), label)
                space.given[label] = space[label]
        self._attributes(f, new, name)
        self.places.same(Item(f, "__code__"), f.__code__)  # as IPython's autoreload replaces it
        new.__defaults__ = self._defaults(f)
        keywords = f.__kwdefaults__
        if f.__code__.co_kwonlyargcount:
            self.places.same(Item(f, "__kwdefaults__"), keywords)
        new.__kwdefaults__ = keywords and {k: self.copy(v, Item(keywords, k), k) for k, v in keywords.items()}
        return new

    def _library_function(self, f: types.FunctionType) -> types.FunctionType:
        """A function such as tg.grad(cost), in whose cells the user's functions are; other cells do not change."""
        if hasattr(f, "registry") and hasattr(f, "dispatch"):
            self.trace.refuse(
                f"{f.__name__} chooses by the type of its argument (functools.singledispatch), and a trace has stand-ins for "
                "arrays. Choose with isinstance, or outside of the compiled function."
            )
        old = [cell.cell_contents for cell in f.__closure__ or ()]
        new = [self.copy(x, None, f.__name__) if may_reach(x) else x for x in old]
        if all(x is y for x, y in zip(old, new, strict=True)):
            return self._remember(f, f)  # type: ignore[no-any-return]
        cells = tuple(map(types.CellType, new))
        again = types.FunctionType(f.__code__, f.__globals__, f.__name__, f.__defaults__, cells)
        again.__kwdefaults__ = f.__kwdefaults__
        again.__dict__.update(f.__dict__)
        return self._remember(f, again)  # type: ignore[no-any-return]

    def _defaults(self, f: types.FunctionType) -> tuple[Any, ...] | None:
        defaults = f.__defaults__
        if not defaults:
            return defaults
        self.places.same(Item(f, "__defaults__"), defaults)
        names = f.__code__.co_varnames[: f.__code__.co_argcount][-len(defaults or ()) or None :]
        return tuple(self.copy(v, Item(defaults, i), names[i]) for i, v in enumerate(defaults))

    def _globals(self, space: dict[str, Any]) -> Any:
        if id(space) not in self._copies:
            self._kept.append(space)
            new = self._remember(space, Globals(space))
            ours = {"isinstance": self._isinstance, **{name: partial(self._refuse_look, name) for name in _LOOKS}}
            for name in ours.keys() - new.keys():
                new[name] = new.given[name] = ours[name]
            new["__builtins__"] = new.given["__builtins__"] = {**vars(builtins), "__import__": self._import}
            self.containers.append((new, new.given, space, "a global name"))
        return self._copies[id(space)]

    def _import(self, *given: Any) -> Any:
        """A module that is imported while the function runs."""
        module = __import__(*given)
        users = is_users_file(getattr(module, "__file__", None) or "<frozen")
        return self.copy(module, None, module.__name__) if users else module

    def _isinstance(self, x: Any, kinds: Any) -> bool:
        """What isinstance says in eager evaluation, where arrays and numbers stand in the place of stand-ins."""
        if isinstance(x, Tensor) and not x.needs_grad and not self.trace.is_tensor(x):
            if isinstance(x, PythonFloat):
                return isinstance(0.0, kinds)
            if x.primitive is not None or x in self.trace.inputs:
                return isinstance(x._array, kinds)
        return isinstance(x, kinds)

    def _refuse_look(self, name: str, *_: Any) -> None:
        self.trace.refuse(
            f"{users_line()}: {name}() finds values by names that no program knows of. Name them in the function."
        )

    def forget(self) -> None:
        """Let go of the trace and of the stand-ins: the functions that were copied may hold this world in a cycle."""
        self.trace.forget()
        self.given, self.reached = [], []

    # --- what the function has changed -----------------------------------------------------------------------------

    def changes(self) -> Iterator[tuple[Any, Any, Any, Any, str]]:
        """What holds something else than was put into it: (original container, key, before, after, name)."""
        for new, given, original, name in self.containers:
            keys = new if isinstance(new, dict) else range(len(new))
            if isinstance(new, Globals):
                given = {**new.before, **given}
            for key in keys:
                if new[key] is not given.get(key, _MISSING):
                    yield original, key, given.get(key, _MISSING), new[key], name
            for key in given.keys() - set(keys):
                yield original, key, given[key], _MISSING, name
        yield from ((new, 0, before, new, name) for new, before, name in self.compared if new != before)


_MISSING = object()
_LOOKS = ("eval", "exec", "globals")  # what finds a variable by a name that is a value
