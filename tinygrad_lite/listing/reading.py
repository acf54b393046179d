"""From the nodes that a call recorded to the lines of a listing."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import Call, Node
from tinygrad_lite.derivations.reading.library import ACTIVATIONS
from tinygrad_lite.listing.agreement import same_numbers
from tinygrad_lite.listing.calls import OF_ACTIVATIONS, OURS, arguments_of, numpy_name
from tinygrad_lite.listing.constants import everywhere, literal, one_hot, short
from tinygrad_lite.listing.expressions import called, name, of_primitive, plain
from tinygrad_lite.listing.local import NotDerived
from tinygrad_lite.listing.recording import Recording, Swept
from tinygrad_lite.listing.sheet import Sheet, Variable, first
from tinygrad_lite.listing.varying import Varying
from tinygrad_lite.programs.standins import PythonFloat

__all__ = ["Reader"]

SEED = "g"
"""What an upstream gradient without a name is called."""

LONGEST = 12
"""Operations in one line: what is longer is parted."""

_ONES: dict[Any, tuple[int, ...]] = {p.multiply: (0, 1), p.divide: (1,)}
"""The operands that change nothing where they are 1."""


class Reader:
    """Reads nodes into lines of a sheet.

    gradients: writes the lines of all gradients of a cost by some nodes, and gives the variable of each.
    """

    def __init__(self, sheet: Sheet, recording: Recording, gradients: Callable[..., dict[Variable, Variable]]) -> None:
        self.sheet, self.recording, self.gradients = sheet, recording, gradients
        self.known: dict[Node, ast.expr] = {}
        self.variables: dict[Node, Variable] = {}
        self.constants: dict[int, tuple[Any, ast.expr]] = {}
        self.varying: Varying = {}
        self.shown: dict[Call, bool] = {}
        self.weighted: set[Node] = set()  # what gets a line because a lecturer gives it a name: z
        self.swept: dict[Node, tuple[Swept, Node]] = {
            g: (sweep, t) for sweep in recording.sweeps for t, g in sweep.cotangents.items()
        }

    def read(self, results: list[Any]) -> list[ast.expr]:
        """The code of the results, after lines for all that they are computed from."""
        nodes = [x for x in results if isinstance(x, Node)]
        parts, order = self._needed(nodes)
        counts = Counter(x for node in order for x in parts[node] if isinstance(x, Node))
        counts.update(nodes)
        self.weighted = _weighted([node for node in order if node not in self.swept], parts)
        swept = {node: self.swept[node][0] for node in order if node in self.swept}
        targets = {t for sweep in swept.values() for t in sweep.wrt}
        derived = {r for sweep in swept.values() for r in sweep.results}
        for node in order:
            if node in self.known:
                continue
            if node in swept:
                self._differentiate(swept[node], [n for n, sweep in swept.items() if sweep is swept[node]])
            else:
                self._line(node, counts[node], node in derived, node in targets)
        return [self._result(x) for x in results]

    def _result(self, x: Any) -> ast.expr:
        """The code of a result; an argument that is returned is a copy, where the function made one."""
        code = self.code(x)
        if isinstance(code, ast.Name) and self.sheet.variables[code.id].code is None and x not in self.variables:
            return ast.Call(ast.Attribute(code, "copy"), [], [])
        return code

    # --- what is needed ------------------------------------------------------------------------------------------

    def _needed(self, nodes: list[Node]) -> tuple[dict[Node, list[Any]], list[Node]]:
        """What each node is computed from, where a call of a function is one step, and all nodes in order."""
        parts: dict[Node, list[Any]] = {}
        stack = list(nodes)
        while stack:
            node = stack.pop()
            if node in parts:
                continue
            call = self.call_of(node)
            if node in self.known:
                parts[node] = []
            elif node in self.swept:
                sweep, target = self.swept[node]
                parts[node] = [x for x in (*sweep.results, *sweep.seeds, target) if isinstance(x, Node)]
            elif call is not None:
                parts[node] = [x for x in self.passed(call) if isinstance(x, Node)]
            else:
                parts[node] = [x for x in self.inputs_of(node) if isinstance(x, Node)]
            stack += parts[node]
        return parts, sorted(parts, key=lambda node: node.serial)

    def inputs_of(self, node: Node) -> list[Any]:
        """What a node is computed from; a leaf that is differentiated by, from what it was made of."""
        made_of = self.recording.made_of(node) if node.primitive is None and node in self.recording.targets else None
        return self.recording.inputs_of(node) if made_of is None else [made_of]

    def call_of(self, node: Node) -> Call | None:
        """The call that a line shows in the place of what happened inside of it: the outermost that gave the node."""
        found, call = None, node.call
        while call is not None:
            if call.output == node.serial and self._shown(call, node):
                found = call
            call = call.parent
        return found

    def passed(self, call: Call) -> list[Any]:
        """The arguments of a call, as they were then."""
        assert call.output is not None
        return [self.recording.held(x, call.output) for x in (*call.args, *call.kwargs.values())]

    def _shown(self, call: Call, node: Node) -> bool:
        """Whether a call is shown: of NumPy's functions, of the activations and costs, and of activations of the user's.

        The user's other composites are written out: their lines are differentiated one by one.
        """
        if call not in self.shown:
            plain = all(
                isinstance(x, Node | np.ndarray | np.generic | int | float | bool | tuple | None)
                for x in (*call.args, *call.kwargs.values())
            )
            plain = plain and call.function.__name__.isidentifier()  # a lambda has no name that a line could call
            known = call.function in OURS or bool(numpy_name(call.function))
            self.shown[call] = plain and (known or self._is_own_activation(call, node))
        return self.shown[call]

    def _is_own_activation(self, call: Call, node: Node) -> bool:
        """Whether a composite of the user's is a function of each element of its one array, and of nothing else."""
        given = [x for x in self.passed(call) if isinstance(x, Node)]
        first = call.args[0] if call.args else None
        if (
            len(given) != 1
            or not isinstance(first, Node)
            or given[0].shape != node.shape
            or len(self.recording.sweeps) > 1
        ):
            return False
        stack, seen = [node], {given[0]}
        while stack:
            x = stack.pop()
            if x in seen:
                continue
            seen.add(x)
            if x.primitive is None or x.primitive.kind != "elementwise":
                return False
            stack += [v for v in self.recording.inputs_of(x) if isinstance(v, Node)]
        return True

    # --- lines ---------------------------------------------------------------------------------------------------

    def _line(self, node: Node, used: int, derived: bool, target: bool) -> None:
        label = self.recording.names.get(node, "")  # type: ignore[call-overload]
        inputs = self.inputs_of(node)
        if node.primitive is None and not inputs:
            self._leaf(node, label, target)
            return
        if target and (node.primitive is p.identity or node.primitive is None):
            of = self.variables.get(inputs[0]) or self.variable(inputs[0], label)
            if label and of.code is None and not of.label:
                of.label = label
            self.keep(node, self.sheet.add(node._array, of.label, name(of.key), same=of))
            return
        code, call = self.code(node, fresh=True), self.call_of(node)
        simple = isinstance(plain(code), ast.Name | ast.Constant)
        if simple or (isinstance(code, ast.Attribute) and not label):
            self.known[node] = code
            return
        several = used > 1 and node.primitive is not p.transpose
        activation = call is not None and (call.function in OURS or not numpy_name(call.function))
        if (
            label
            or several
            or derived
            or activation
            or node in self.weighted
            or sum(1 for _ in ast.walk(code)) > 6 * LONGEST
        ):
            made = self.sheet.add(node._array, label or self._invented(node, call, derived), code)
            if not label and activation and len(made.parts) == 1:
                made.activates = self.sheet.variables[made.parts[0]]
            self.keep(node, made)
        else:
            self.known[node] = code

    def _leaf(self, node: Node, label: str, target: bool) -> None:
        """A leaf that is no argument: numbers of its own, or what is differentiated by."""
        if target:
            self.keep(node, self.sheet.add(node._array, label or node.name or SEED, None))
        else:
            label = node.name or label
            parameter = np.ndim(node._array) > 0 and (node.needs_grad or node.name is not None)
            if parameter:  # it may change from call to call
                self.keep(node, self.sheet.add(node._array, label or "w", None))
            else:
                self.known[node] = self.constant(node._array, label)

    def keep(self, node: Node, variable: Variable) -> None:
        """Remember that a variable holds a node."""
        self.variables[node] = variable
        self.known[node] = name(variable.key)

    def variable(self, node: Node, label: str) -> Variable:
        """A variable that holds a node, with a line of its own where there is none yet."""
        code = self.known[node]
        if isinstance(code, ast.Name):
            return self.sheet.variables[code.id]
        self.keep(node, self.sheet.add(node._array, label or "t", code))
        return self.variables[node]

    def _invented(self, node: Node, call: Call | None, derived: bool) -> str:
        own = call is not None and call.function not in OURS and not numpy_name(call.function)
        if call is not None and (own or call.function in ACTIVATIONS):
            return "a"
        if node.ndim == 0:
            return "C" if derived else "C0" if call is not None else "t"
        return "z" if node in self.weighted else "t"

    def code(self, x: Any, fresh: bool = False) -> ast.expr:
        """The code of a value: of a node that has one, of a call, of a primitive, of a constant."""
        if not isinstance(x, Node):
            return self.constant(x)
        if x in self.known and not fresh:
            return self.known[x]
        call = self.call_of(x)
        if call is not None:
            return self._call(call)
        if x.primitive is None:
            return self.constant(x._array)
        inputs = self.inputs_of(x)
        if isinstance(inputs[0], PythonFloat) and x.primitive in (p.astype, p.identity):
            return self.code(inputs[0])  # it takes the dtype of its partner by itself
        for n in _ONES.get(x.primitive, ()):
            other = inputs[1 - n]
            same = np.shape(other) == x.shape and getattr(other, "dtype", None) == x.dtype
            if same and self._is_one(inputs[n]) and (x, n) not in self.varying:
                return self._operand(other, x)
        if x.primitive is p.reshape and inputs[0].shape == x.shape:
            return self._operand(inputs[0], x)
        rows = [self.inputs_of(v)[0] for v in inputs if _is_row(v)]
        if x.primitive is p.concatenate and x.params["axis"] == 0 and len(rows) == len(inputs):
            return called("np.stack", ast.List([self._operand(v, x) for v in rows], ast.Load()))
        codes = [self.varying.get((x, n)) or self._operand(v, x) for n, v in enumerate(inputs)]
        return of_primitive(x.primitive, codes, x.params, x.shape)

    def _is_one(self, v: Any) -> bool:
        """Whether a value is 1 in every call, or computed of numbers alone to be 1."""
        code = self.known.get(v) if isinstance(v, Node) else None
        return everywhere(v) == 1 or (isinstance(code, ast.Constant) and code.value == 1)

    def _operand(self, v: Any, user: Node) -> ast.expr:
        if isinstance(v, Node):
            if self._is_implied(v, user):
                return self.code(self.inputs_of(v)[0])
            if v.primitive is not None or v.name is not None or v not in self.known:
                return self.known[v] if v in self.known else self.code(v)
            v = v._array if not isinstance(self.known[v], ast.Name) else v
            if isinstance(v, Node):
                return self.known[v]
        partners = [x.dtype for x in user.inputs if isinstance(x, Node) and x is not v and x.dtype.kind == "f"]
        others = [x for x in user.inputs if x is not v]
        if np.ndim(v) and user.primitive.kind == "elementwise" and any(np.shape(x) == user.shape for x in others):  # type: ignore[union-attr]
            number = everywhere(v)
            if number is not None and np.asarray(v).dtype == user.dtype:
                return literal(number, whole=True)
        if np.size(v) == 1 and np.ndim(v) == 0 and partners:
            number = np.asarray(v)[()]
            if number.dtype.kind != "f" or number.dtype in partners or not isinstance(v, np.generic | np.ndarray):
                return literal(number, whole=True)
        return self.constant(v)

    def _is_implied(self, v: Node, user: Node) -> bool:
        """Whether v is a conversion of whole numbers that NumPy makes by itself, because the other operand is a float."""
        if v.primitive is not p.astype or v.inputs[0].dtype.kind not in "iu" or v.dtype.char != "d":
            return False
        others = [x for x in user.inputs if x is not v]
        return user.primitive in (p.add, p.subtract, p.multiply, p.power, p.divide) and any(
            x.dtype.char == "d" if isinstance(x, Node) else np.asarray(x).dtype.char == "d" and x != np.floor(x)
            for x in others
        )

    def _call(self, call: Call) -> ast.expr:
        given, named = arguments_of(call)
        known = numpy_name(call.function)
        settings = ((k, None if isinstance(x, Node | np.ndarray | float) else x) for k, x in named.items())
        function = known or self.sheet.function(call.function, call.function.__name__, (len(given), *settings))
        assert call.output is not None
        arguments = [self._argument(self.recording.held(x, call.output), call) for x in given]
        keywords = {k: self._argument(self.recording.held(x, call.output), call) for k, x in named.items()}
        if not known:
            if call.function not in OURS:
                self.sheet.elementwise.add(function)
            self.sheet.examples.setdefault(
                function, ([_plain(x) for x in call.args], {k: _plain(x) for k, x in call.kwargs.items()})
            )
        return called(function, *arguments, **keywords)

    def _argument(self, x: Any, call: Call) -> ast.expr:
        """An argument of a call; what an activation is taken of is a weighted input, and has a line."""
        code = self.code(x)
        computed = isinstance(x, Node) and x.primitive is not None and not isinstance(code, ast.Name | ast.Constant)
        if computed and not numpy_name(call.function):
            return name(self.variable(x, "a" if call.function in OF_ACTIVATIONS else "z").key)
        return code

    # --- constants -----------------------------------------------------------------------------------------------

    def constant(self, x: Any, label: str = "") -> ast.expr:
        """Numbers that are the same in every call: written out where they are few, else a further parameter."""
        if type(x) in (type(None), bool, int, str, tuple, float):
            return ast.parse(repr(x), mode="eval").body
        array = np.asarray(x)
        if array.ndim == 0:
            number = literal(array[()])
            plain = array.dtype.char in "dl?"
            return number if plain else called(f"np.{array.dtype.name}", number)
        if id(x) not in self.constants:
            label = label or self.recording.label_of(array)
            written = (None if label else one_hot(array)) or short(array)
            code = name(self.sheet.add(x, label or "c", written).key) if written is None or label else written
            self.constants[id(x)] = (x, code)
        return self.constants[id(x)][1]

    # --- gradients -----------------------------------------------------------------------------------------------

    def _differentiate(self, sweep: Swept, cotangents: list[Node]) -> None:
        """Write the lines of the cotangents that a sweep found."""
        targets = {node: self.variable(self.swept[node][1], "t") for node in cotangents}
        results = [self.variable(r, "C" if r.ndim == 0 else "t") for r in sweep.results]
        seeds = [None if _is_one(g) else self.code(g) for g in sweep.seeds]
        for result, seed in zip(results, seeds, strict=True):
            if isinstance(seed, ast.Name) and self.sheet.variables[seed.id].label == SEED:
                self.sheet.variables[seed.id].of = result
        there = list(self.sheet.variables.values())
        wrt = sorted(dict.fromkeys(targets.values()), key=there.index)
        found = self.gradients(list(zip(results, seeds, strict=True)), wrt)
        for node, target in targets.items():
            if not same_numbers(found[target].data, node):
                raise NotDerived
            self.known[node] = name(found[target].key)
        of = first(results[0].of) if len(results) == 1 and results[0].of is not None else None
        if len(targets) == 1 and isinstance(seeds[0], ast.Name) and of is first(*targets.values()):
            product = found[next(iter(targets.values()))]  # the Hessian times a vector
            product.label, product.of = f"H{self.sheet.variables[seeds[0].id].label}", None


def _is_row(v: Any) -> bool:
    """Whether a value is another with one more axis in front, as np.stack makes it."""
    reshaped = isinstance(v, Node) and v.primitive is p.reshape and isinstance(v.inputs[0], Node)
    return reshaped and v.shape == (1, *v.inputs[0].shape)


def _is_one(seed: Any) -> bool:
    """Whether the upstream gradient of a scalar is 1."""
    constant = not isinstance(seed, Node) or (seed.primitive is None and seed.name is None)
    data = seed._array if isinstance(seed, Node) else seed
    return constant and np.ndim(data) == 0 and data == 1


def _weighted(order: list[Node], parts: dict[Node, list[Any]]) -> set[Node]:
    """Weighted inputs x @ w + b that something else than a further sum is computed from."""
    affine: set[Node] = set()
    found: set[Node] = set()
    for node in order:
        inputs = [x for x in parts[node] if isinstance(x, Node)]
        if node.primitive is p.add and not affine.isdisjoint(inputs):
            affine.add(node)
            continue
        if node.primitive in (p.multiply, p.divide) and len(inputs) == 1 and not affine.isdisjoint(inputs):
            affine.add(node)  # Q @ K.T / 2 is one step
            continue
        found |= affine.intersection(inputs)
        if node.primitive is p.matmul and node.ndim:
            affine.add(node)
    return found


def _plain(x: Any) -> Any:
    return x._array if isinstance(x, Node) else x
