"""From a listing to text: functions of NumPy that run alone."""

from __future__ import annotations

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_lite import transforms
from tinygrad_lite.core.graph import TABLE
from tinygrad_lite.listing import shown
from tinygrad_lite.listing.calling import Calling, calling
from tinygrad_lite.listing.examples import Mapped, is_flat, mapped
from tinygrad_lite.listing.expressions import STOP, uses
from tinygrad_lite.listing.layout import WIDTH, headed
from tinygrad_lite.listing.listing import Listing
from tinygrad_lite.listing.naming import identifier
from tinygrad_lite.listing.page import Page, listed
from tinygrad_lite.listing.sheet import KEY
from tinygrad_lite.programs.surroundings import World

__all__ = ["source"]


def source(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any] | None = None,
    new_world: Callable[[], World] = World,
) -> str:  # fmt: skip
    """A function, with the gradients that it takes, as a file of NumPy that a person would have written.

    args, kwargs: those of one call; the source is for arrays of their shapes. It needs numpy alone. new_world:
    makes the World that the function is run in; it says what comes in with each call, and what is a part of the function.
    Raises what the function raises, and CompileError where it decides by values.

    >>> import tinygrad_lite as tg
    >>> def cost(w, x, y):
    ...     return ((x @ w - y) ** 2).sum() / 2
    >>> x, y = np.ones((3, 2)), np.zeros(3)
    >>> print(source(tg.grad(cost), (np.ones(2), x, y)))
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def cost_gradient(w, x, y):
        z = x @ w      # (3,)
        dz = z - y     # (3,)
        dw = x.T @ dz  # (2,)
        return dw
    <BLANKLINE>
    """
    each = mapped(function, args, kwargs or {})
    if each is not None:
        call = calling(each.function, each.args, {}, new_world().floats)
        listing = Listing(each.function, call.args, call.kwargs, new_world=new_world)
        if is_flat(listing.tree) and not call.kwargs:
            return File(call).text(listing, each)
    call = calling(function, args, kwargs or {}, new_world().floats)
    listing = Listing(function, call.args, call.kwargs, new_world=new_world)
    return File(call).text(listing)


class File:
    """The text of a listing and of the functions that it calls."""

    def __init__(self, call: Calling) -> None:
        self.call = call
        self.functions: dict[str, list[str]] = {}

    def text(self, listing: Listing, each: Mapped | None = None) -> str:
        """The text. each: where the listing is of one example, of many that it is called for."""
        called = _function_name(listing)
        body = self.definition(listing, called, head=self.call)
        if each is not None:
            body += ["", "", *each.lines(called, [*self.page.parameters], listing.tree)]
        parts = [
            "import numpy as np",
            *("\n".join(lines) for lines in self.functions.values()),
            "\n".join(body),
        ]
        return "\n\n\n".join(parts) + "\n"

    def definition(
        self, listing: Listing, called: str, about: str = "", comments: bool = True, head: Calling | None = None
    ) -> list[str]:
        """The lines of one function, after what is said of it. head: how the user calls it."""
        page = Page(listing, called)
        self.helpers(listing, page)
        self.page = page
        said = page.remarks() if head is None else [*_fixed(head), *page.remarks()]
        above = [f"# {line}" for text in said for line in textwrap.wrap(text, WIDTH - 2)]
        rows = headed(called, [*page.parameters] if head is None else _as_called(page.parameters, head))
        if about:
            rows.append(f'    """{about}"""')
        return [*above, *rows, *(f"    {row}" for row in page.statements(comments))]

    def helpers(self, listing: Listing, page: Page) -> None:
        """Write the functions that the lines of a page call, before it."""
        for text in dict.fromkeys(key for code in page.codes() for key in uses(code)):
            if text in self.functions or text.endswith(KEY) or text in (STOP, "np") or hasattr(builtins, text):
                continue
            if text in listing.sheet.functions:
                function = listing.sheet.functions[text].__wrapped__  # type: ignore[attr-defined]
                args, kwargs = listing.sheet.examples[text]
                below = Listing(function, args, kwargs, body=True)
                self.functions[text] = []
                lines = self.definition(below, text, _about(function), comments=False)
            elif text in vars(shown):
                lines = (
                    inspect.getsource(vars(shown)[text]).replace("  # type: ignore[no-untyped-def]", "").splitlines()
                )
            elif text in TABLE:
                lines = self.primitive(text, listing, page)
            else:
                continue
            self.functions.pop(text, None)
            self.functions[text] = lines

    def primitive(self, text: str, listing: Listing, page: Page) -> list[str]:
        """The value of a primitive that NumPy has no function for."""
        value = TABLE[text].value
        call = next(
            node for code in page.codes() for node in ast.walk(code)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == text
        )  # fmt: skip
        known = {v.key: v.data for v in listing.sheet.variables.values()}
        args = [np.asarray(listing.sheet.evaluate(x, known)) for x in call.args]
        below = Listing(value, args, {}, body=True)
        parameters = [str(argument.place[0]) for argument in below.inputs.values()]
        about = TABLE[text].text.format(*parameters, inputs=", ".join(parameters))
        return self.definition(below, text, f"{about}, elementwise.", comments=False)


def _as_called(parameters: Mapping[str, str], call: Calling) -> list[str]:
    """Parameters as they stand in the first line: with their defaults, and with a star before those passed by name."""
    found: list[str] = []
    optional = True  # whether all parameters that come later have defaults
    for text, own in reversed([*parameters.items()]):
        optional = optional and own in call.defaults
        found.append(f"{text}={call.defaults[own]!r}" if optional else text)
        optional = optional or own in call.by_name
    found.reverse()
    star = next((n for n, own in enumerate(parameters.values()) if own in call.by_name), None)
    return found if star is None else [*found[:star], "*", *found[star:]]


def _fixed(call: Calling) -> list[str]:
    """What is said of parameters that the source has no use for."""
    texts = [f"{key} = {value!r}" for key, value in call.fixed.items()]
    return [f"It holds for {listed(texts)} alone."] if texts else []


def _function_name(listing: Listing) -> str:
    """The name of the function; that of a derivative says so."""
    function = listing.function
    own = getattr(function, "__name__", "")
    text = identifier(own) if own.isidentifier() else "f"
    if getattr(getattr(function, "__code__", None), "co_filename", "") != transforms.__file__:
        return text
    first = listing.recording.results[0]
    both = any(first is r for sweep in listing.recording.sweeps for r in sweep.results)
    return f"{text}_and_gradient" if both else f"{text}_gradient"


def _about(function: Callable[..., Any]) -> str:
    """The first line of a docstring: what the function is, and the number of its equation."""
    return (inspect.getdoc(function) or "").split("\n")[0]
