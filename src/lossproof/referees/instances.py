"""Numbers that satisfy hypotheses: what a referee evaluates at.

Numbers for everything that is declared (sizes from 0, weights large enough to saturate a sigmoid,
closed ends, numbers close to open ones), opaque functions with random values in their declared
range, and other values of the parameters with all else the same.  Every number is rational, so that
it is known exactly in any kind of arithmetic, and all depends on the source of randomness alone.

What it does not know: rules, and what the numbers are for.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from sympy import Basic, Expr, Indexed, IndexedBase, Integer, Symbol

from lossproof.kernel.conditions import (
    Assumed,
    Declared,
    DeclaredMatrix,
    Hypothesis,
    Labelled,
    Maps,
    Property,
    Range,
    Ranged,
    bounds_of,
    symbols_of,
)
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import COUNT, INTEGER, POSITIVE, REAL, Domain
from lossproof.notation.inert import free, symbol_of, walk
from lossproof.notation.matrices import Matrix, OpaqueColumn
from lossproof.notation.nodes import Opaque
from lossproof.numeric.evaluate import Instance
from lossproof.numeric.support import constraints, violations
from lossproof.referees.constraints import repair
from lossproof.referees.curves import functions_for

LARGEST_SIZE, ATTEMPTS = 4, 8
#: Properties whose matrices are made, since random entries do not have them.
_SYMMETRIC = (Property.SYMMETRIC, Property.POSITIVE_DEFINITE, Property.POSITIVE_SEMIDEFINITE)


class Manner(Enum):
    """Which numbers are taken from a domain."""

    SMALLEST = "the smallest sizes: the empty data set, where there may be one"
    ENDS = "closed ends, where there are any, and else 0, 1 and -1, so that numbers coincide"
    TINY = "close to 0 or to an open end"
    HUGE = "far from 0"
    ANY = "any of these, now and then, and numbers in between"


@dataclass(frozen=True)
class Setting:
    """What numbers are wanted for.

    Attributes:
        hypotheses: what is declared or assumed.
        parameters: what optima range over.
        expressions: whose symbols need values, declared or not.
    """

    hypotheses: tuple[Hypothesis, ...]
    parameters: tuple[Expr, ...] = ()
    expressions: tuple[Basic, ...] = ()

    @cached_property
    def sizes(self) -> frozenset[str]:
        """The names of the symbols that bound a range."""
        return frozenset(s.name for h in self.hypotheses for bound in bounds_of(h) for s in free(bound))

    @cached_property
    def symbols(self) -> tuple[Symbol, ...]:
        """The free symbols of the expressions that are not names of arrays, in order."""
        parts = {part for e in self.expressions for part in walk(e)}
        arrays = {part.label for part in parts if isinstance(part, IndexedBase)}
        return tuple(sorted(frozenset().union(*map(free, self.expressions)) - arrays, key=str))

    @cached_property
    def functions(self) -> tuple[Opaque, ...]:
        """The opaque functions in the expressions, as they occur."""
        return tuple(dict.fromkeys(p for e in self.expressions for p in walk(e) if isinstance(p, Opaque)))

    @staticmethod
    def of(derivation: Derivation) -> Setting:
        """All that a derivation speaks of."""
        expressions = (derivation.start, *(step.after for step in derivation))
        return Setting(derivation.hypotheses, derivation.parameters, expressions)


@dataclass
class _Draft:
    values: dict[str, Any]
    functions: dict[str, Callable[..., Any]]
    indices: dict[str, int]
    domains: dict[str, Domain]


def draw(setting: Setting, chance: random.Random, manner: Manner = Manner.ANY) -> Instance | str:
    """Numbers that satisfy the hypotheses, or why there are none.

    Args:
        setting: what they are for.
        chance: the source of randomness.
        manner: which numbers to take, where the hypotheses leave a choice.
    """
    found = _drawn(setting, chance, manner)
    for _ in range(0 if manner is Manner.SMALLEST else ATTEMPTS):
        if isinstance(found, str):
            found = _drawn(setting, chance, Manner.ANY)
    return found


def redraw(setting: Setting, instance: Instance, chance: random.Random) -> Instance | None:
    """The same with other values of the parameters, which satisfy the hypotheses too; None if none are found."""
    names = {symbol_of(p).name for p in setting.parameters}
    domains = _domains(setting.hypotheses)
    wanted = [h for h in constraints(setting.hypotheses) if names & {s.name for s in symbols_of(h)}]
    for _ in range(ATTEMPTS):
        values = dict(instance.values)
        for name in names & set(values):
            domain, shape = domains.get(name, REAL), np.shape(values[name])
            cells = [_number(domain, chance) for _ in range(math.prod(shape))]
            values[name] = np.array(cells, dtype=object).reshape(shape) if shape else cells[0]
        other = replace(instance, values=values)
        if not any(violations(h, other) for h in wanted):
            return other
    return None


def _domains(hypotheses: tuple[Hypothesis, ...]) -> dict[str, Domain]:
    """Where the values of symbols and the elements of arrays are declared to lie."""
    found: dict[str, Domain] = {}
    for h in hypotheses:
        if isinstance(h, Declared) and isinstance(h.term, (Symbol, Indexed)):
            name = symbol_of(h.term).name
            found[name] = found.get(name, Domain()).meet(h.domain)
    return found


def _drawn(setting: Setting, chance: random.Random, manner: Manner) -> Instance | str:
    draft = _Draft({}, {}, {}, {})
    ranged = [h.over for h in setting.hypotheses if isinstance(h, Ranged)]
    needed = {str(r.high) for r in ranged}
    declared = [h for h in setting.hypotheses if isinstance(h, Declared)]
    domains = _domains(setting.hypotheses)
    for h in declared:
        if isinstance(h.term, Symbol) and h.term.name not in draft.values:
            name = h.term.name
            bounds_a_range = name in setting.sizes and manner not in _OF_SIZES
            how, low = Manner.ANY if bounds_a_range else manner, 1 if name in needed else -math.inf
            draft.values[name] = _number(domains[name], chance, how, at_least=low)
    matrices = [h for h in setting.hypotheses if isinstance(h, DeclaredMatrix)]
    _make_room(matrices, draft)
    for over in ranged:
        high = _bound(over.high, draft.values)
        if high is None or high < 1:
            return "the range of a free index is empty"
        draft.indices[over.index.name] = chance.randint(1, high)
    for h in (*declared, *_labels(setting, draft)):
        if isinstance(h.term, Indexed):
            shape = _shape(h.term, h.ranges, draft.values)
            if shape is None:
                return f"the size of '{h.term.base}' is not known"
            name = str(h.term.base)
            draft.domains[name] = draft.domains.get(name, Domain()).meet(h.domain)
            cells = [_number(draft.domains[name], chance, manner) for _ in range(math.prod(shape))]
            draft.values[name] = np.array(cells, dtype=object).reshape(shape)
        elif isinstance(h.term, Symbol) and h.term.name not in draft.values:
            draft.values[h.term.name] = _number(h.domain, chance, manner)
    _rows(setting, draft, chance)
    for h in declared:
        if isinstance(h.term, Opaque):
            draft.functions[h.term.head.name] = _opaque(h.domain, _offset(chance), _arrays(h.term, draft))
    for m in matrices:
        _give(m, draft, chance)
    curves = functions_for((h for h in setting.hypotheses if isinstance(h, Maps)), chance)
    if isinstance(curves, Maps):
        return f"no function is at hand for which {curves}"
    draft.functions.update(curves)
    _undeclared(setting, draft, chance, manner)
    assumptions = tuple(h for h in setting.hypotheses if isinstance(h, Assumed))
    elsewhere = chance.random()
    instance = Instance(draft.values, draft.functions, assumptions, draft.indices, _beyond(elsewhere))
    broken = repair(setting.hypotheses, instance, draft.domains, lambda domain: _number(domain, chance))
    return instance if broken is None else f"it would have to satisfy {broken}"


#: The manners that hold for sizes too; tiny and huge numbers do not make tiny and huge arrays.
_OF_SIZES = (Manner.SMALLEST, Manner.ENDS)


def _undeclared(setting: Setting, draft: _Draft, chance: random.Random, manner: Manner) -> None:
    """Values for symbols and functions of which nothing is declared; elements of arrays come from `_beyond`."""
    for symbol in setting.symbols:
        if symbol.name not in draft.values and symbol.name not in draft.indices:
            integer = COUNT if symbol.is_nonnegative else INTEGER
            domain = integer if symbol.is_integer else POSITIVE if symbol.is_positive else REAL
            draft.values[symbol.name] = _number(domain, chance, manner)
    for term in setting.functions:
        if term.head.name not in draft.functions:
            draft.functions[term.head.name] = _opaque(REAL, _offset(chance), _arrays(term, draft))


def _beyond(seed: float) -> Callable[[str, tuple[int, ...]], Fraction]:
    """Numbers for the elements of arrays of which nothing is declared: any will do, always the same for each."""
    return lambda name, at: Fraction(random.Random(f"{seed}/{name}/{at}").randint(-200, 200), 64)


def _labels(setting: Setting, draft: _Draft) -> Iterator[Declared]:
    """Labels between two bounds, the bounds put in."""
    for h in setting.hypotheses:
        if isinstance(h, Labelled):
            low, high = _bound(h.low, draft.values), _bound(h.high, draft.values)
            if low is not None and high is not None:
                yield Declared(h.term, Domain(Fraction(low), Fraction(high), True, True, integer=True), h.ranges)


def _rows(setting: Setting, draft: _Draft, chance: random.Random) -> None:
    """Inputs that only an opaque function sees: any rows will do."""
    for h in setting.hypotheses:
        if isinstance(h, (Declared, DeclaredMatrix)) and isinstance(h.term, (Opaque, OpaqueColumn)):
            highs = {r.index: _bound(r.high, draft.values) or 0 for r in h.ranges}
            for argument in h.term.arguments:
                if isinstance(argument, Indexed) and str(argument.base) not in draft.values:
                    shape = (*(highs.get(index, 0) for index in argument.indices), 1)
                    cells = [_number(Domain(), chance) for _ in range(math.prod(shape))]
                    draft.values[str(argument.base)] = np.array(cells, dtype=object).reshape(shape)


def _arrays(term: Opaque, draft: _Draft) -> tuple[bool, ...]:
    """Which arguments of an opaque function are arrays or rows of one; the others are numbers, such as a class."""
    return tuple(
        isinstance(a, IndexedBase)
        or (isinstance(a, Indexed) and np.ndim(draft.values.get(str(a.base), 0)) > len(a.indices))
        for a in term.arguments
    )


def _make_room(matrices: list[DeclaredMatrix], draft: _Draft) -> None:
    """Sizes for which there are such matrices: one entry that is not zero, no more columns than rows, or no fewer."""
    for property_ in (Property.NONZERO, Property.FULL_COLUMN_RANK):
        for h in matrices:
            rows, columns = h.term.size
            if h.property is property_ and isinstance(rows, Symbol) and rows.name in draft.values:
                least = 1 if property_ is Property.NONZERO else _bound(columns, draft.values) or 0
                draft.values[rows.name] = max(draft.values[rows.name], least)
    for h in matrices:
        rows, columns = h.term.size
        if h.property is Property.FULL_ROW_RANK and isinstance(columns, Symbol) and columns.name in draft.values:
            draft.values[columns.name] = max(draft.values[columns.name], _bound(rows, draft.values) or 0)


def _give(h: DeclaredMatrix, draft: _Draft, chance: random.Random) -> None:
    """Values for a letter that have the declared property; random entries have full rank."""
    if isinstance(h.term, OpaqueColumn):
        draft.functions[h.term.head.name] = _opaque_column(_bound(h.term.size[0], draft.values) or 0, _offset(chance))
    if isinstance(h.term, Matrix) and h.property in _SYMMETRIC:
        name, size = str(h.term.args[1]), _bound(h.term.size[0], draft.values) or 0
        cells = np.array([Fraction(chance.randint(-9, 9), 4) for _ in range(size * size)], dtype=object)
        cells = cells.reshape(size, size)
        if h.property is Property.POSITIVE_SEMIDEFINITE:
            cells[:, chance.randint(0, size) :] = Fraction(0)  # of any rank
        values = (cells[:, :, None] * cells.T[None, :, :]).sum(axis=1)
        values += np.eye(size, dtype=int) * (h.property is Property.POSITIVE_DEFINITE)
        draft.values[name] = np.array(cells + cells.T if h.property is Property.SYMMETRIC else values, dtype=object)


def _opaque_column(size: int, offset: Fraction) -> Callable[..., Any]:
    """A smooth function of everything it is given, with so many values."""
    each = [_opaque(Domain(Fraction(-3), Fraction(3)), offset + k) for k in range(size)]

    def function(*arguments: Any) -> Any:
        values = [np.asarray(f(*arguments), dtype=object) for f in each]
        return np.stack(values, axis=-1) if values else np.zeros((0,))

    return function


def _bound(e: Expr, values: Mapping[str, Any]) -> int | None:
    if isinstance(e, Integer):
        return int(e)
    return int(values[e.name]) if isinstance(e, Symbol) and e.name in values else None


def _shape(term: Indexed, ranges: tuple[Range, ...], values: Mapping[str, Any]) -> tuple[int, ...] | None:
    highs = {r.index: _bound(r.high, values) for r in ranges}
    sizes = [highs.get(i) for i in term.indices]
    return None if any(s is None for s in sizes) else tuple(s for s in sizes if s is not None)


#: How far from an end numbers lie: tiny, in between, huge.
_TINY, _BETWEEN, _HUGE = Fraction(1, 2**20), (Fraction(1, 2), Fraction(3), Fraction(3), Fraction(12)), Fraction(2**20)


def _number(domain: Domain, chance: random.Random, manner: Manner = Manner.ANY, *, at_least: float = -math.inf) -> Any:
    """A value in the domain; integers stay small."""
    if domain.integer:
        lowest = max(domain.low, at_least)
        low = -LARGEST_SIZE if lowest == -math.inf else int(lowest)
        high = low + LARGEST_SIZE if domain.high == math.inf else int(domain.high)
        choices = [v for v in range(low, high + 1) if v or not domain.nonzero]
        return choices[0] if manner is Manner.SMALLEST else chance.choice(choices)
    if manner is Manner.ENDS or (manner is Manner.ANY and chance.random() < 0.12):
        return chance.choice(_corners(domain))
    if domain.low == -math.inf and domain.high == math.inf:
        value = _real(chance, manner)
        return value if value or not domain.nonzero else Fraction(1)
    low_end, high_end = Fraction(domain.low if domain.low != -math.inf else 0), domain.high
    if domain.low == -math.inf or high_end == math.inf:
        scale = {Manner.TINY: _TINY, Manner.HUGE: _HUGE}.get(manner) or chance.choice([_TINY, *_BETWEEN, _HUGE])
        away = scale * Fraction(1 + round(64 * chance.expovariate(1)), 64)
        return low_end + away if high_end == math.inf else Fraction(high_end) - away
    share = Fraction(chance.randint(1, 1023), 1024)
    if manner in (Manner.TINY, Manner.HUGE):
        share = _TINY if (manner is Manner.TINY) != (chance.random() < 0.25) else 1 - _TINY
    value = low_end + (Fraction(high_end) - low_end) * share
    return value if value or not domain.nonzero else low_end + (Fraction(high_end) - low_end) / 1024


def _corners(domain: Domain) -> list[Fraction]:
    """Closed ends; simple numbers where there are none."""
    ends = [e for e, closed in ((domain.low, domain.low_closed), (domain.high, domain.high_closed)) if closed]
    found = [Fraction(e) for e in ends if e or not domain.nonzero]
    low, high = domain.low, domain.high
    if found and low != -math.inf and high != math.inf:
        return found
    if low == -math.inf and high == math.inf:
        simple = [Fraction(0), Fraction(1), Fraction(-1)]
        return simple[1:] if domain.nonzero else simple
    if high == math.inf or low == -math.inf:
        return [*found, *((Fraction(low) + k) if high == math.inf else (Fraction(high) - k) for k in (1, 2))]
    middle, width = (Fraction(low) + Fraction(high)) / 2, Fraction(high) - Fraction(low)
    return [middle if middle or not domain.nonzero else middle + width / 8, middle + width / 4]


def _real(chance: random.Random, manner: Manner) -> Fraction:
    """Any real number."""
    match manner:
        case Manner.TINY:
            return _TINY * Fraction(round(64 * chance.gauss(0, 1)), 64)
        case Manner.HUGE:
            return Fraction(round(64 * chance.gauss(0, 24)), 64)
    return Fraction(round(64 * chance.gauss(0, chance.choice([0.5, 3.0, 12.0]))), 64)


def _offset(chance: random.Random) -> Fraction:
    return Fraction(chance.randrange(1024), 1024)


def _opaque(domain: Domain, offset: Fraction, arrays: tuple[bool, ...] = ()) -> Callable[..., Any]:
    """A smooth function of everything it is given, with values inside the domain and not close to an open end.

    Args:
        domain: where the values lie.
        offset: in [0, 1); functions with different offsets differ.
        arrays: which arguments are arrays, over whose last axis is summed; by default those that have axes.

    It uses arithmetic with integers alone, so that it is the same function in every kind of arithmetic,
    and slopes can be carried through it.
    """
    top, bottom = offset.numerator, offset.denominator

    def function(*arguments: Any) -> Any:
        mixed: Any = None
        for a, whole in zip(arguments, arrays or map(np.ndim, arguments), strict=True):
            values = np.asarray(a, dtype=object)
            places = np.arange(1, values.shape[-1] + 1).astype(object) if whole else 1
            weighted = np.sum(values / places, axis=-1) if whole else values
            start = (0 * weighted + top) / bottom if mixed is None else mixed
            mixed = start + weighted * (1 + start / 2)
        if mixed is None:
            mixed = top / bottom
        ratio = mixed / (1 + mixed * mixed) * 49 / 50  # in [-0.49, 0.49]
        if domain.low != -math.inf and domain.high != math.inf:
            low, high = _end(domain.low, ratio), _end(domain.high, ratio)
            return low + (high - low) * (1 + 2 * ratio) / 2
        if domain.low == -math.inf and domain.high == math.inf:
            return 8 * ratio
        away = (1 + 2 * ratio) / (1 - 2 * ratio)
        return _end(domain.low, ratio) + away if domain.high == math.inf else _end(domain.high, ratio) - away

    return function


def _end(end: Fraction | float, like: Any) -> Any:
    """An end of a domain as a number of the kind of another."""
    value = Fraction(end)
    return (0 * like + value.numerator) / value.denominator
