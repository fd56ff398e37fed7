"""Expressions as a flat table of nodes, for JSON, and back.

A table is a list of rows ``[kind, ...]`` in which a row refers to earlier rows by number, so it
cannot be cyclic, and shared parts are written once.  Reading builds nodes from a fixed list of
kinds; no text is ever evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sympy import (
    Abs,
    Add,
    Basic,
    Derivative,
    E,
    Eq,
    Expr,
    Indexed,
    IndexedBase,
    KroneckerDelta,
    Max,
    Mul,
    Ne,
    Pow,
    Product,
    Rational,
    Sum,
    Symbol,
    Tuple,
    exp,
    log,
    pi,
)

from lossproof.errors import LossproofError, UnsupportedExpression
from lossproof.notation.inert import build, is_leaf
from lossproof.notation.nodes import (
    Definition,
    Head,
    Named,
    Opaque,
    Probability,
    ProductOver,
    Sigmoid,
    Softplus,
)

_CONDITION = (Eq, Ne)

#: Kinds of node with arguments: the class, and the class of each argument (or of all of them).
KINDS: dict[str, tuple[type[Basic], tuple[Any, ...] | type[Basic]]] = {
    "Abs": (Abs, (Expr,)),
    "Add": (Add, Expr),
    "Definition": (Definition, (Head, Tuple, Expr)),
    "Derivative": (Derivative, (Expr, Tuple)),
    "Eq": (Eq, (Expr, Expr)),
    "Indexed": (Indexed, Expr),
    "KroneckerDelta": (KroneckerDelta, (Expr, Expr)),
    "Max": (Max, (Expr, Expr)),
    "Mul": (Mul, Expr),
    "Named": (Named, Basic),
    "Ne": (Ne, (Expr, Expr)),
    "Opaque": (Opaque, Basic),
    "Pow": (Pow, (Expr, Expr)),
    "Probability": (Probability, (Expr, Expr, Expr, Expr, Tuple)),
    "Product": (Product, (Expr, Tuple)),
    "ProductOver": (ProductOver, (Expr, Tuple, _CONDITION)),
    "Sigmoid": (Sigmoid, (Expr,)),
    "Softplus": (Softplus, (Expr,)),
    "Sum": (Sum, (Expr, Tuple)),
    "Tuple": (Tuple, Expr),
    "exp": (exp, (Expr,)),
    "log": (log, (Expr,)),
}
_NAME_OF = {kind: name for name, (kind, _) in KINDS.items()}
_ASSUMPTIONS = ("real", "integer", "positive", "negative", "nonnegative", "nonpositive", "nonzero")

MOST_NODES, MOST_PARTS, DEEPEST, MOST_DIGITS, LONGEST_NAME = 200_000, 1_000_000, 100, 1000, 60


class TableError(LossproofError):
    """A table of nodes is not one that `Encoder` could have written."""


class Encoder:
    """Writes expressions into one table; equal parts share a row."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self._number: dict[Basic, int] = {}

    def number(self, e: Basic) -> int:
        """The row of an expression, added if it is new.

        Raises:
            UnsupportedExpression: for a kind of node that is not in the list.
        """
        if e not in self._number:
            row = self._row(e)
            self._number[e] = len(self.rows)
            self.rows.append(row)
        return self._number[e]

    def _row(self, e: Basic) -> list[Any]:
        if type(e) is Symbol:
            carried = e._assumptions_orig
            return ["Symbol", e.name, {a: bool(carried[a]) for a in _ASSUMPTIONS if a in carried}]
        if isinstance(e, IndexedBase):
            return ["Array", self.number(e.label)]
        if isinstance(e, Rational):
            return ["Number", str(e)]
        if e in (pi, E):
            return ["Constant", "pi" if e == pi else "e"]
        if isinstance(e, Head):
            return ["Head", e.name, e.subscripts]
        name = _NAME_OF.get(type(e))
        if name is None or is_leaf(e):
            raise UnsupportedExpression(str(e), "the JSON format")
        return [name, *(self.number(a) for a in e.args)]


def decode(rows: object) -> list[Basic]:
    """The expressions of a table.

    Raises:
        TableError: if the table is malformed, or larger or deeper than any honest one.
    """
    if not isinstance(rows, list) or len(rows) > MOST_NODES:
        raise TableError(f"a table of at most {MOST_NODES} nodes is expected")
    nodes: list[Basic] = []
    sizes: list[int] = []
    depths: list[int] = []
    for number, row in enumerate(rows):
        if not isinstance(row, list) or not row or not isinstance(row[0], str):
            raise TableError(f"node {number} is not a row of the form [kind, ...]")
        below = _references(row, number)
        sizes.append(1 + sum(sizes[k] for k in below))
        depths.append(1 + max((depths[k] for k in below), default=0))
        if sizes[-1] > MOST_PARTS or depths[-1] > DEEPEST:
            raise TableError(f"node {number} is too large or nested too deeply")
        try:
            nodes.append(_node(row, [nodes[k] for k in below]))
        except (TypeError, ValueError, AttributeError, IndexError) as error:
            raise TableError(f"node {number} is not well formed: {error}") from error
    return nodes


def _references(row: Sequence[Any], number: int) -> list[int]:
    if row[0] in _ATOMS:
        return []
    if row[0] != "Array" and row[0] not in KINDS:
        raise TableError(f"node {number} is of an unknown kind")
    below = list(row[1:])
    if not all(type(k) is int and 0 <= k < number for k in below):
        raise TableError(f"node {number} may refer to earlier nodes only")
    return below


def _node(row: Sequence[Any], arguments: list[Basic]) -> Basic:
    kind = row[0]
    if kind in _ATOMS:
        return _ATOMS[kind](*row[1:])
    if kind == "Array":
        (label,) = arguments
        if type(label) is not Symbol:
            raise ValueError("an array is named by a symbol")
        return IndexedBase(label)
    cls, wanted = KINDS[kind]
    if isinstance(wanted, tuple):
        if len(wanted) != len(arguments):
            raise ValueError(f"{kind} takes {len(wanted)} arguments")
        shapes = list(wanted)
    else:
        shapes = [wanted] * len(arguments)
        if not arguments:
            raise ValueError(f"{kind} needs arguments")
    if not all(isinstance(a, s) for a, s in zip(arguments, shapes, strict=True)):
        raise ValueError(f"an argument of {kind} is of the wrong kind")
    _check_head(kind, arguments)
    return build(cls, arguments)


def _check_head(kind: str, arguments: list[Basic]) -> None:
    heads = {"Named": Definition, "Opaque": Head, "Indexed": IndexedBase}
    if kind in heads and not isinstance(arguments[0], heads[kind]):
        raise ValueError(f"{kind} starts with the wrong kind of node")
    if kind in heads and not all(isinstance(a, Expr) for a in arguments[1:]):
        raise ValueError(f"an argument of {kind} is of the wrong kind")
    if kind == "Indexed" and len(arguments) < 2:
        raise ValueError("an element needs an index")
    if kind in ("Sum", "Product", "ProductOver"):
        limits = arguments[1]
        if len(limits.args) != 3 or type(limits.args[0]) is not Symbol:
            raise ValueError("limits are (index, low, high)")
    if kind == "Derivative" and (len(arguments[1].args) != 2 or arguments[1].args[1] != 1):
        raise ValueError("a derivative is (variable, 1)")


def _symbol(name: object, carried: object) -> Symbol:
    _check_name(name)
    if not isinstance(carried, dict) or not all(k in _ASSUMPTIONS and isinstance(v, bool) for k, v in carried.items()):
        raise ValueError("unknown assumptions")
    return Symbol(name, **carried)


def _number(text: object) -> Rational:
    top, _, bottom = text.partition("/") if isinstance(text, str) else ("", "", "")
    if not all(_is_integer(part) for part in (top, bottom or "1")) or (bottom and int(bottom) == 0):
        raise ValueError("a number is an integer or a fraction of integers")
    return Rational(int(top), int(bottom or "1"))


def _is_integer(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS


def _constant(name: object) -> Expr:
    constants = {"pi": pi, "e": E}
    if not isinstance(name, str) or name not in constants:
        raise ValueError("unknown constant")
    return constants[name]


def _head(name: object, subscripts: object) -> Head:
    _check_name(name)
    if type(subscripts) is not int or not 0 <= subscripts <= 10:
        raise ValueError("subscripts are counted")
    return Head(str(name), subscripts)


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not name.isidentifier() or len(name) > LONGEST_NAME:
        raise ValueError("a name is an identifier")


_ATOMS: dict[str, Callable[..., Basic]] = {
    "Symbol": _symbol,
    "Number": _number,
    "Constant": _constant,
    "Head": _head,
}
