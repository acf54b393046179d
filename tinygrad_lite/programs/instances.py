"""Copies of the user's objects in a world of stand-ins: an attribute is copied when the function asks for it."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from tinygrad_lite.programs.places import Item, Place, Places
from tinygrad_lite.programs.reachable import has_attributes, is_users, is_users_class, names_in, users_methods

__all__ = ["Instances"]

Refuse = Callable[[str], Any]


class Instances:
    """The objects of one world, and their classes.

    copy: copies what was found at a place. number: makes a stand-in for a Python float that each run reads anew. places: what must
    be as it was seen. refuse: raises what a trace refuses with.
    """

    def __init__(
        self, copy: Callable[[Any, Place | None, str], Any], number: Callable[[float, Place, str], Any], places: Places,
        refuse: Refuse,
    ) -> None:  # fmt: skip
        self.copy, self.number, self.places, self.refuse = copy, number, places, refuse
        self._classes: dict[type, Any] = {}
        self._kinds: dict[Any, type] = {}  # of a copied class: what it is a copy of
        self._metas: dict[type, Any] = {}  # of copied classes: they see what a class is asked for
        self._objects: dict[int, Any] = {}  # by the id of a copy: attributes of the original, its own, those copied

    def new(self, x: Any, name: str) -> tuple[Any, dict[str, Any], dict[str, Any]]:
        """A copy of an object, its attributes, which are none yet, and those of them that were put in."""
        make = types.SimpleNamespace.__new__ if isinstance(x, types.SimpleNamespace) else object.__new__
        try:
            copied: Any = make(self.class_of(type(x)))
        except TypeError as error:  # an object that holds more than attributes, or metaclasses that do not go together
            self.refuse(f"the function reaches {name}, a {type(x).__name__}, which cannot be copied: {error}")
        given: dict[str, Any] = {}
        own = object.__getattribute__(copied, "__dict__")
        self._objects[id(copied)] = (vars(x), own, given)
        return copied, own, given

    def class_of(self, kind: type) -> Any:
        """The class of copies: it is kind, but attributes come from this world."""
        known = self._classes.get(kind)
        if known is None:
            methods = list(users_methods(kind))
            own: dict[str, Any] = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
            own["__getattribute__"] = self._reader(kind)
            for key, value in methods:
                if key.startswith("__"):  # Python looks for these on the class alone
                    own[key] = self.copy(value, Item(kind.__dict__, key) if key in kind.__dict__ else None, key)
            above = ()
            if any("super" in names_in(value.__code__) for _, value in methods):
                above = tuple(self._found_by_super(base) for base in kind.__bases__ if is_users_class(base))
            known = self._class(kind, (kind, *above), own)
            self._classes[kind], self._kinds[known] = known, kind
        return known

    def _found_by_super(self, kind: type) -> Any:
        """A class that stands before kind, with copies of all that is kind's own: super() asks neither of us nor of objects."""
        above = tuple(self._found_by_super(base) for base in kind.__bases__ if is_users_class(base))
        own = {key: self._in_class(kind, vars(kind), key) for key in list(vars(kind)) if not key.startswith("__")}
        for key, value in vars(kind).items():
            if key.startswith("__") and key != "__init__" and isinstance(value, types.FunctionType) and is_users(value):
                own[key] = self.copy(value, Item(vars(kind), key), key)
        return self._class(kind, (kind, *above), own)

    def _class(self, kind: type, bases: tuple[type, ...], own: dict[str, Any]) -> Any:
        meta = type(kind)
        if meta not in self._metas:
            hooks = {"__getattribute__": self._class_reader(meta), "__setattr__": self._class_writer()}
            self._metas[meta] = type(meta.__name__, (meta,), hooks)
        return self._metas[meta](kind.__name__, bases, own)

    def _class_reader(self, meta: Any) -> Callable[[Any, str], Any]:
        """What a copied class is asked for by itself: as type(x).k, or by a classmethod."""

        def read(cls: Any, key: str) -> Any:
            kind = self._kinds.get(cls)
            if kind is not None and not key.startswith("__") and key not in meta.__getattribute__(cls, "__dict__"):
                for base in kind.__mro__:
                    if key in vars(base):
                        x = self._in_class(kind, vars(base), key)
                        return x.__get__(None, cls) if hasattr(type(x), "__get__") else x
            return meta.__getattribute__(cls, key)

        return read

    def _class_writer(self) -> Callable[[Any, str, Any], None]:
        def write(cls: Any, key: str, value: Any) -> None:
            self.refuse(
                f"the function changes {cls.__name__}.{key}, an attribute of a class, which a program does not do. Return "
                "the value, and store it where the function is called."
            )

        return write

    def _reader(self, kind: Any) -> Callable[[Any, str], Any]:
        live = getattr(kind, "live_numbers", ())

        def read(obj: Any, key: str) -> Any:
            attributes, own, given = self._objects.get(id(obj), ({}, None, {}))
            for label in list(attributes) if key == "__dict__" else (key,):
                if label in attributes and label not in given:
                    x, place = attributes[label], Item(attributes, label)
                    number = label in live and type(x) is float
                    given[label] = self.number(x, place, label) if number else self.copy(x, place, label)
                    own.setdefault(label, given[label])
            if key.startswith("__") or own is None or key in own:
                return kind.__getattribute__(obj, key)
            self.places.absent(attributes, key)
            for base in kind.__mro__:
                if key in vars(base):
                    x = self._in_class(kind, vars(base), key)
                    if x is vars(base)[key] and hasattr(type(x), "__get__"):
                        return kind.__getattribute__(obj, key)
                    return x.__get__(obj, self.class_of(kind)) if hasattr(type(x), "__get__") else x
            return kind.__getattribute__(obj, key)

        return read

    def _in_class(self, kind: Any, attributes: Any, key: str) -> Any:
        """What lies in a class: the user's functions run in this world, and values are read anew."""
        x, place = attributes[key], Item(attributes, key)
        if isinstance(x, types.FunctionType) and is_users(x):
            return self.copy(x, place, key)
        if isinstance(x, property) and isinstance(x.fget, types.FunctionType) and is_users(x.fget):
            return property(self.copy(x.fget, None, key), x.fset, x.fdel)
        wrapped = x.__func__ if isinstance(x, staticmethod | classmethod) else None
        if isinstance(wrapped, types.FunctionType) and is_users(wrapped):
            return type(x)(self.copy(wrapped, None, key))
        return x if hasattr(type(x), "__get__") and not has_attributes(x) else self.copy(x, place, key)
