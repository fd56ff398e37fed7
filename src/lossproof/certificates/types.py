"""Types of arrays and functions, found from how they are used.

A number is ``R``, an array a function of its indices, and what is only ever handed on (the inputs that
an opaque network sees) has a type of its own, of which nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Basic, Indexed, IndexedBase, Symbol

from lossproof.certificates.terms import law
from lossproof.errors import LossproofError
from lossproof.notation.inert import is_leaf, symbol_of
from lossproof.notation.matrices import Column, Matrix, NamedMatrix, OpaqueColumn
from lossproof.notation.nodes import Chance, Curve, Definition, Named, Opaque

REAL = "R"


class Arrow:
    """Functions of a number: arrays."""

    def __init__(self, target: Type) -> None:
        self.target = target


class Unknown:
    """A type that is to be found; ``found`` once it is."""

    def __init__(self) -> None:
        self.found: Type | None = None


Type = str | Arrow | Unknown


def arrays(rank: int, target: Type) -> Type:
    """Functions of so many indices."""
    return target if rank == 0 else Arrow(arrays(rank - 1, target))


def _known(t: Type) -> Type:
    while isinstance(t, Unknown) and t.found is not None:
        t = t.found
    return t


def _inside(a: Unknown, b: Type) -> bool:
    b = _known(b)
    return a is b or (isinstance(b, Arrow) and _inside(a, b.target))


def unify(a: Type, b: Type) -> None:
    """Make two types the same.

    Raises:
        LossproofError: if they cannot be.
    """
    a, b = _known(a), _known(b)
    if a is b or a == b == REAL:
        return
    if isinstance(b, Unknown):
        a, b = b, a
    if isinstance(a, Unknown):
        if _inside(a, b):
            raise LossproofError("an array is used as one of its own rows")
        a.found = b
    elif isinstance(a, Arrow) and isinstance(b, Arrow):
        unify(a.target, b.target)
    else:
        raise LossproofError("a name is used both as a number and as an array")


class Types:
    """The types of every symbol and function of some expressions, and of the parameters of every definition."""

    def __init__(self, expressions: Iterable[Basic]) -> None:
        self._symbols: dict[Symbol, Type] = {}
        self._slots: dict[str, tuple[Type, ...]] = {}
        self.definitions: dict[Definition, tuple[Type, ...]] = {}
        for e in expressions:
            self._number(e, {})

    def of(self, symbol: Symbol) -> Type:
        """The type of a symbol or of an array."""
        return self._symbols.setdefault(symbol, Unknown())

    def slots(self, name: str) -> tuple[Type, ...]:
        """The types of the arguments of an opaque function or a law."""
        return self._slots[name]

    def written(self, t: Type, unknown: dict[int, str]) -> str:
        """A type as Coq writes it; what is not known goes by the names given, or new ones."""
        t = _known(t)
        if isinstance(t, str):
            return t
        if isinstance(t, Arrow):
            return f"R -> {self.written(t.target, unknown)}"
        return unknown.setdefault(id(t), f"T{len(unknown) + 1}")

    def _symbol(self, symbol: Symbol, inside: dict[Symbol, Type]) -> Type:
        return inside.get(symbol) or self.of(symbol)

    def _number(self, e: Basic, inside: dict[Symbol, Type]) -> None:
        """Note that an expression is a number, or a matrix, and what that says of its parts."""
        if isinstance(e, (Symbol, Indexed)):
            unify(self._handed(e, inside), REAL)
        elif isinstance(e, Matrix):
            self._entries(e.args[1], 2, e.size, inside)
        elif isinstance(e, Column):
            self._entries(e.array, len(e.args[1]) + 1, (*e.args[1], *e.size), inside)
        elif isinstance(e, OpaqueColumn):
            self._number(e.size[0], inside)
            self._call(self._slot(e.head.name, len(e.arguments)), e.arguments, inside)
        elif isinstance(e, (Named, NamedMatrix)):
            self._call(self._definition(e.definition, inside), e.arguments, inside)
        elif isinstance(e, Opaque):
            self._call(self._slot(e.head.name, len(e.arguments)), e.arguments, inside)
        elif isinstance(e, Curve):
            self._number(e.args[2], inside)
        elif isinstance(e, Chance):
            variable, value, _, given, parameters = e.args
            handed = (*getattr(variable, "indices", ()), value, given, *parameters)
            self._call(self._slot(law(e), len(handed)), handed, inside)
        elif not is_leaf(e):
            for a in e.args:
                self._number(a, inside)

    def _entries(self, array: IndexedBase, rank: int, numbers: Iterable[Basic], inside: dict[Symbol, Type]) -> None:
        """Note that an array has numbers as elements, and what else is a number beside it."""
        unify(self._symbol(symbol_of(array), inside), arrays(rank, REAL))
        for e in numbers:
            self._number(e, inside)

    def _definition(self, d: Definition, around: dict[Symbol, Type]) -> tuple[Type, ...]:
        if d not in self.definitions:
            self.definitions[d] = tuple(REAL if isinstance(p, Symbol) else Unknown() for p in d.parameters)
            inside = dict(zip(map(symbol_of, d.parameters), self.definitions[d], strict=True))
            self._number(d.body, inside)
        return self.definitions[d]

    def _slot(self, name: str, arguments: int) -> tuple[Type, ...]:
        return self._slots.setdefault(name, tuple(Unknown() for _ in range(arguments)))

    def _call(self, slots: tuple[Type, ...], arguments: Iterable[Basic], inside: dict[Symbol, Type]) -> None:
        arguments = tuple(arguments)
        if len(slots) != len(arguments):
            raise LossproofError("a function is used with different numbers of arguments")
        for slot, a in zip(slots, arguments, strict=True):
            unify(slot, self._handed(a, inside))

    def _handed(self, e: Basic, inside: dict[Symbol, Type]) -> Type:
        """The type of what is handed on: a number, an array, or a row of one."""
        if isinstance(e, (Symbol, IndexedBase)):
            return self._symbol(symbol_of(e), inside)
        if isinstance(e, Indexed):
            for k in e.indices:
                self._number(k, inside)
            row: Type = Unknown()
            unify(self._symbol(e.base.label, inside), arrays(len(e.indices), row))
            return row
        self._number(e, inside)
        return REAL
