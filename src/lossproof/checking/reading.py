"""Handwritten steps as text: what is given, and the lines of a chain of equations.

.. code-block:: text

    given y[i] in {0,1}, p[i] in (0,1)      # what the symbols are; of others: real numbers
    let L = prod(p[i]^y[i] * (1 - p[i])^(1 - y[i]), i, 1, n)

      -log(L)
    = -sum(log(p[i]^y[i] * (1 - p[i])^(1 - y[i])), i, 1, n)     # logarithm of a product
    = ...

Formulas are written as losses are (`lossproof.recovery.text`), and also

=============================  ===========================================================
``sum(e, i, 1, n)``            over ``i = 1, ..., n``; ``n`` is a positive integer
``prod(e, i, 1, n)``           the product
``y[i]``, ``x[i,j]``           elements; the sums and products around say which there are
``diff(e, p)``                 the derivative of ``e`` in ``p`` or ``w[j]``
=============================  ===========================================================

A line that begins with ``=`` goes on with the chain; one that begins with neither ``=`` nor a word continues
the line before if that has an open bracket, and else begins a new chain.  What follows ``#`` is the reason.
This module knows how steps are read; text is parsed, never evaluated.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from sympy import Expr, Indexed, IndexedBase, Integer, Symbol

from lossproof.errors import DataError, ParseError, UnknownName
from lossproof.kernel.conditions import Declared, Hypothesis, Range, Ranged, bounds_of, symbols_of
from lossproof.kernel.domains import POSITIVE_COUNT, REAL, Domain
from lossproof.notation.inert import ONE, derivative, free, is_leaf, limits_of, product, total
from lossproof.recovery.grammar import branch, token_of, tree_of
from lossproof.recovery.text import NUMBERS, Binder, Names, Reader, is_empty, read_where, size_symbol, usable

if TYPE_CHECKING:
    from lark import Token, Tree

#: The longest text, and the most lines.
LONGEST_TEXT, MOST_LINES = 100_000, 200
_NAME = "[A-Za-z][A-Za-z_0-9]*"
_INDICES = rf"\[\s*{_NAME}(?:\s*,\s*{_NAME})*\s*\]"


@dataclass(frozen=True)
class Line:
    """One line of a chain.

    Attributes:
        number: of the line in the text, from 1.
        expression: what stands there.
        reason: what was written behind ``#``.
        begins: whether it begins a chain, so that there is nothing to compare it with.
    """

    number: int
    expression: Expr
    reason: str = ""
    begins: bool = False


@dataclass(frozen=True)
class Steps:
    """What was written: the hypotheses, and the lines."""

    hypotheses: tuple[Hypothesis, ...]
    lines: tuple[Line, ...]

    def about(self, *expressions: Expr) -> tuple[Hypothesis, ...]:
        """The hypotheses about the symbols of some expressions, and about the sizes in these."""
        wanted = frozenset().union(*map(free, expressions))
        kept = [h for h in self.hypotheses if (symbols_of(h) - _sizes(h)) <= wanted]
        sizes = wanted.union(*(_sizes(h) for h in kept if bounds_of(h)))
        return tuple(h for h in kept if not isinstance(h, Declared) or h.ranges or symbols_of(h) <= sizes)


def _sizes(h: Hypothesis) -> frozenset[Symbol]:
    """What the ranges of a hypothesis end with; of one about a size, that size."""
    ends = frozenset().union(*map(free, bounds_of(h)))
    own = isinstance(h, Declared) and isinstance(h.term, Symbol) and bool(h.term.is_integer)
    return ends | (symbols_of(h) if own else frozenset())


class _Reader(Reader):
    """One formula, with products, derivatives and elements with several indices."""

    binders: ClassVar[Mapping[str, Binder]] = {"sum": total, "prod": product, "product": product}

    #: Indices that no sum or product binds.
    ranged: frozenset[Symbol] = frozenset()

    def _element(self, tree: Tree[Token]) -> Expr:
        name, *inside = tree.children
        known = {*self.indices.values(), *self.ranged}
        indices = []
        for part in map(branch, inside):
            indices.append(self.number(part))
            if not free(indices[-1]) <= known:
                like = "'given j = 1..d'"
                raise self.error(part, f"an index of a sum or product around it, or one that is ranged as in {like}")
        return self.names.arrays[str(name)][tuple(indices)]

    def _call(self, tree: Tree[Token]) -> Expr:
        if str(tree.children[0]) != "diff":
            return super()._call(tree)
        arguments = [branch(c) for c in tree.children[1:]]
        self._count(tree, arguments, 2, 2)
        variable = self.number(arguments[1])
        if not isinstance(variable, (Symbol, Indexed)) or variable in self.indices.values():
            raise self.error(arguments[1], "a variable such as p or w[j]")
        return derivative(self.number(arguments[0]), variable)


class _Written(NamedTuple):
    """A side of an equation: its line, what stands there, the reason, and whether it begins a chain."""

    number: int
    text: str
    reason: str
    begins: bool


@dataclass
class _Sheet:
    """What has been read so far."""

    known: dict[str, Domain] = field(default_factory=dict)
    ranges: dict[str, str] = field(default_factory=dict)
    formulas: list[tuple[str, int, str]] = field(default_factory=list)
    lines: list[_Written] = field(default_factory=list)


def steps_in(path: Path) -> str:
    """The steps in a file: the text, or what the docstring of a Python file says; the file is not run.

    Raises:
        DataError: if it cannot be read, or is a Python file without a docstring.
    """
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(LONGEST_TEXT + 1)  # a device may have no end
    except OSError as error:
        raise DataError(f"cannot read '{path}': {error.strerror}") from None
    except UnicodeDecodeError:
        raise DataError(f"cannot read '{path}': it is not text in UTF-8") from None
    if path.suffix != ".py":
        return text
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise DataError(f"cannot read '{path}': it is not Python") from None
    first = tree.body[0] if tree.body else None
    said = first.value.value if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) else None
    if not isinstance(said, str) or first is None:
        raise DataError(
            f"'{path}' does not begin with steps in triple quotes; for a model or a derivation of it say {path}:NAME"
        )
    return "\n" * (first.lineno - 1) + said


def read_steps(text: str) -> Steps:
    """What is given and claimed in a text.

    >>> steps = read_steps('''
    ... given p in (0,1)
    ...   log(p^2)
    ... = 2*log(p)   # logarithm of a power
    ... ''')
    >>> [str(h) for h in steps.hypotheses], steps.lines[1].reason
    (['p in (0, 1)'], 'logarithm of a power')

    Raises:
        ParseError: with the line and the character that does not fit; also for what no number satisfies.
        UnknownName: if something is given of a name that does not occur.
    """
    if len(text) > LONGEST_TEXT:
        raise ParseError(text[:80], 80, f"a text of at most {LONGEST_TEXT} characters")
    sheet = _Sheet()
    for number, content, reason in _logical_lines(text):
        with_head = re.match(r"(given|let)\b\s*:?", content)
        if with_head is None:
            _formula(sheet, number, content, reason)
        elif with_head[1] == "given":
            for part in _parts(content[with_head.end() :]):
                _given(sheet, number, part)
        else:
            named = re.match(rf"({_NAME})\s*:?=", content[with_head.end() :])
            if named is None or not usable(named[1]):
                raise _misread(content, with_head.end(), "a name, '=' and a formula", number)
            sheet.formulas.append((named[1], number, content[with_head.end() + named.end() :]))
    if not sheet.lines:
        raise ParseError(text[:80], 0, "a formula, and below it lines that begin with '='")
    return _steps(sheet)


def _misread(text: str, at: int, expected: str, number: int) -> ParseError:
    return ParseError(text, at, f"{expected} (line {number})")


def _logical_lines(text: str) -> Iterator[tuple[int, str, str]]:
    """The lines with their numbers and what follows ``#``; those with an open bracket with the lines after them."""
    content, first, reasons = "", 0, []
    for number, raw in enumerate(text.splitlines(), start=1):
        if number > MOST_LINES:
            raise _misread(raw, 0, f"at most {MOST_LINES} lines", number)
        before, _, reason = raw.partition("#")
        if not before.strip() and not content:
            continue
        first = first or number
        content = f"{content} {before.strip()}".strip()
        reasons += [reason.strip()] if reason.strip() else []
        if sum(map(content.count, "([{")) <= sum(map(content.count, ")]}")) or not before.strip():
            yield first, content, " ".join(reasons)
            content, first, reasons = "", 0, []
    if content:
        yield first, content, " ".join(reasons)


def _parts(text: str) -> list[str]:
    """What stands between commas and the word 'and', outside brackets."""
    out, depth, here = [], 0, ""
    for token in re.findall(r"\band\b|\w+|\s+|.", text):
        depth += (token in "([{") - (token in ")]}")
        if depth == 0 and token in (",", "and"):
            out.append(here)
            here = ""
        else:
            here += token
    return [part.strip() for part in (*out, here) if part.strip()]


def _given(sheet: _Sheet, number: int, part: str) -> None:
    """One thing that is known: a range of an index, a set of the elements of an array, or of a number."""
    ranged = re.fullmatch(rf"({_NAME})\s*(?:=|\bin\b)\s*\{{?\s*1\s*\.\.\s*({_NAME}|[0-9]+)\s*\}}?", part)
    if ranged is not None and "=" in part:
        sheet.ranges[ranged[1]] = ranged[2]
        return
    elements = re.match(rf"({_NAME})\s*{_INDICES}\s*", part)
    about = part if elements is None else f"{elements[1]} {part[elements.end() :]}"
    try:
        found = read_where(about)
    except ParseError as error:
        raise _misread(part, max(0, error.position + len(part) - len(about)), error.expected, number) from None
    for name, domain in found.items():
        sheet.known[name] = sheet.known.get(name, REAL).meet(domain)
        if is_empty(sheet.known[name]):
            raise _misread(part, 0, f"something that a number satisfies: there is no such '{name}'", number)


def _formula(sheet: _Sheet, number: int, content: str, reason: str) -> None:
    goes_on = content.startswith("=")
    if goes_on and not sheet.lines:
        raise _misread(content, 0, "a formula before the first '='", number)
    sides = re.split(r"(?<![<>=!:])=(?!=)", content.removeprefix("="))
    for k, side in enumerate(sides):
        if not side.strip():
            raise _misread(content, len(content), "a formula after '='", number)
        last = k == len(sides) - 1
        sheet.lines.append(_Written(number, side.strip(), reason if last else "", k == 0 and not goes_on))


# ------------------------------------------------------------------ from text to expressions


def _steps(sheet: _Sheet) -> Steps:
    symbols = _Symbols(sheet)
    for name, number, text in sheet.formulas:
        symbols.numbers[name] = symbols.read(text, number)
    symbols.check_used()
    lines = tuple(Line(w.number, symbols.read(w.text, w.number), w.reason, w.begins) for w in sheet.lines)
    return Steps(tuple(symbols.hypotheses([line.expression for line in lines])), lines)


class _Symbols:
    """What the names in some formulas stand for."""

    def __init__(self, sheet: _Sheet) -> None:
        self.known = sheet.known
        self.free = {name: Symbol(name, integer=True) for name in sheet.ranges}
        self.numbers: dict[str, Expr] = {}
        self.arrays: dict[str, IndexedBase] = {}
        self.sizes = {high for high in sheet.ranges.values() if not high.isdigit()}
        texts = [*((n, t) for _, n, t in sheet.formulas), *((w.number, w.text) for w in sheet.lines)]
        for number, text in texts:
            tree = _tree(text, number)
            self.sizes |= _of_binders(tree)[1]
            arrays = {str(token_of(part)) for part in tree.find_data("element")}
            self.arrays |= {name: IndexedBase(name, real=True) for name in arrays}
        self.ranges = {s: Range(s, ONE, self._end(sheet.ranges[name])) for name, s in self.free.items()}
        self.used = {n for _, t in texts for n in re.findall(_NAME, t)}

    def check_used(self) -> None:
        """Refuse what is said of names that do not occur, which are mistyped."""
        for name in (*self.known, *self.free):
            if name not in self.used:
                raise UnknownName("symbol", name, {n for n in self.used if usable(n)})

    def _end(self, text: str) -> Expr:
        return Integer(int(text)) if text.isdigit() else size_symbol(text)

    def _size(self, name: str) -> Domain:
        """Where the end of a range lies: in the positive integers, and where it is said to lie."""
        found = POSITIVE_COUNT.meet(self.known.get(name, REAL))
        if is_empty(found):
            raise ParseError(name, 0, f"a positive integer: '{name}' is the end of a range")
        return found

    def read(self, text: str, number: int) -> Expr:
        """The expression that a formula stands for."""
        tree = _tree(text, number)
        indices, _ = _of_binders(tree)
        plain = {str(token_of(part)) for part in tree.find_data("name")} - indices - self.sizes - set(self.arrays)
        real = {name: Symbol(name, real=True) for name in plain if usable(name)}
        numbers = {**real, **self.free, **self.numbers}
        names = Names(numbers, self.arrays, {}, frozenset(self.sizes))
        reader = _Reader(text, names)
        reader.ranged, reader.indexed = frozenset(self.free.values()), frozenset(indices)
        try:
            return reader.number(tree)
        except ParseError as error:
            raise _misread(text, error.position, error.expected, number) from None

    def hypotheses(self, expressions: Sequence[Expr]) -> Iterator[Hypothesis]:
        """What is known of the free indices, of the numbers and of the elements that occur, each once."""
        sizes = (Declared(size_symbol(name), self._size(name)) for name in sorted(self.sizes))
        found: dict[Hypothesis, None] = dict.fromkeys(sizes)
        found |= {Ranged(over): None for over in self.ranges.values()}
        for e in expressions:
            for s in sorted(free(e), key=str):
                if s not in self.ranges and s.name not in self.sizes and s.name not in self.arrays:
                    found[Declared(s, self.known.get(s.name, REAL))] = None
            for element, around in _elements(e, self.ranges):
                over = tuple(r for index, r in around.items() if index in element.indices)
                found[Declared(element, self.known.get(str(element.base.label), REAL), over)] = None
        yield from found


def _tree(text: str, number: int) -> Tree[Token]:
    try:
        return tree_of(text, "loss")
    except ParseError as error:
        raise _misread(text, error.position, error.expected, number) from None


def _of_binders(tree: Tree[Token]) -> tuple[set[str], set[str]]:
    """The indices of the sums and products of a formula, and the names at the ends of their ranges."""
    indices: set[str] = set()
    ends: set[str] = set()
    for call in tree.find_data("call"):
        if str(call.children[0]) in _Reader.binders and len(call.children) == 5:
            for k, names in ((2, indices), (3, ends), (4, ends)):
                names |= {str(token_of(part)) for part in branch(call.children[k]).find_data("name")}
    return indices, ends - indices - set(NUMBERS)


def _elements(e: Expr, around: Mapping[Symbol, Range]) -> Iterator[tuple[Indexed, Mapping[Symbol, Range]]]:
    """The elements of arrays whose indices run over known ranges, with these."""
    if isinstance(e, Indexed):
        if set(e.indices) <= set(around):
            yield e, around
        return
    limits = limits_of(e)
    if limits is not None:
        around = {**around, limits[0]: Range(*limits)}
    if not is_leaf(e):
        for a in e.args:
            if isinstance(a, Expr):
                yield from _elements(a, around)
