"""Expressions as a flat table of nodes, for JSON, and back.

A table is a list of rows ``[kind, ...]`` in which a row refers to earlier rows by number, so it
cannot be cyclic, and shared parts are written once.  Reading builds nodes from a fixed list of
kinds; no text is ever evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sympy import Basic, E, Eq, Expr, IndexedBase, Ne, Rational, S, Symbol, pi

from lossproof.errors import LossproofError, UnsupportedExpression
from lossproof.notation.inert import build
from lossproof.notation.nodes import Head
from lossproof.notation.shapes import SHAPES, check_bulk, is_name, measured, well_formed

_SHORT = {Eq: "Eq", Ne: "Ne", IndexedBase: "Array"}
#: Kinds of node with parts, by the name they have in a table.
KINDS: dict[str, type[Basic]] = {_SHORT.get(kind, kind.__name__): kind for kind in SHAPES if kind is not Head}
_NAME_OF = {kind: name for name, kind in KINDS.items()}
_ASSUMPTIONS = ("real", "integer", "positive", "negative", "nonnegative", "nonpositive", "nonzero")

_CONSTANTS: dict[str, Expr] = {"pi": pi, "e": E, "oo": S.Infinity, "-oo": S.NegativeInfinity}

MOST_NODES, MOST_DIGITS = 200_000, 1000


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
            UnsupportedExpression: for a kind of node that is not in the list, or an expression that is too large.
        """
        check_bulk(e)
        if e not in self._number:
            row = self._row(e)
            self._number[e] = len(self.rows)
            self.rows.append(row)
        return self._number[e]

    def _row(self, e: Basic) -> list[Any]:
        if type(e) is Symbol:
            carried = e._assumptions_orig
            if not carried.keys() <= set(_ASSUMPTIONS):
                raise UnsupportedExpression(f"{e} with the assumptions {', '.join(carried)}", "the JSON format")
            return ["Symbol", e.name, {a: bool(carried[a]) for a in _ASSUMPTIONS if a in carried}]
        if isinstance(e, Rational):
            return ["Number", str(e)]
        if e in _CONSTANTS.values():
            return ["Constant", next(name for name, constant in _CONSTANTS.items() if constant == e)]
        if isinstance(e, Head):
            return ["Head", e.name, e.subscripts]
        name = _NAME_OF.get(type(e))
        if name is None:
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
    for number, row in enumerate(rows):
        if not isinstance(row, list) or not row or not isinstance(row[0], str):
            raise TableError(f"node {number} is not a row of the form [kind, ...]")
        below = _references(row, number)
        try:
            nodes.append(_node(row, [nodes[k] for k in below]))
            measured(nodes[-1])
        except (UnsupportedExpression, TypeError, ValueError, AttributeError, IndexError) as error:
            raise TableError(f"node {number} is not well formed: {error}") from error
    return nodes


def _references(row: Sequence[Any], number: int) -> list[int]:
    if row[0] in _ATOMS:
        return []
    if row[0] not in KINDS:
        raise TableError(f"node {number} is of an unknown kind")
    below = list(row[1:])
    if not all(type(k) is int and 0 <= k < number for k in below):
        raise TableError(f"node {number} may refer to earlier nodes only")
    return below


def _node(row: Sequence[Any], arguments: list[Basic]) -> Basic:
    kind = row[0]
    if kind in _ATOMS:
        return _ATOMS[kind](*row[1:])
    if not well_formed(KINDS[kind], arguments):
        raise ValueError(f"{kind} does not take these arguments")
    return build(KINDS[kind], arguments)


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
    if not isinstance(name, str) or name not in _CONSTANTS:
        raise ValueError("unknown constant")
    return _CONSTANTS[name]


def _head(name: object, subscripts: object) -> Head:
    _check_name(name)
    if type(subscripts) is not int:
        raise ValueError("subscripts are counted")
    head = Head(str(name), subscripts)
    if not well_formed(Head, head.args):
        raise ValueError("this name is taken, or has too many subscripts")
    return head


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not is_name(name):
        raise ValueError("a name is an identifier")


_ATOMS: dict[str, Callable[..., Basic]] = {
    "Symbol": _symbol,
    "Number": _number,
    "Constant": _constant,
    "Head": _head,
}
