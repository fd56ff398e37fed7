"""Small sizes, labels and free indices that satisfy the hypotheses of a derivation, with names for all other numbers.

Sizes and integers run through the first few values of their domains.  Of many cases some are chosen,
the smallest always among them.  A case in which a hypothesis fails is left out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from itertools import product as every
from typing import Any

from sympy import Basic, Expr, Indexed, IndexedBase, Integer, Rational, Symbol

from lossproof.errors import Undefined
from lossproof.kernel.conditions import Assumed, Declared, DeclaredMatrix, Labelled, Property, Range, Ranged
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import POSITIVE, REAL, Domain
from lossproof.kernel.matrices import SQUARE_ONLY
from lossproof.notation.inert import walk
from lossproof.notation.matrices import Column, Matrix, OpaqueColumn
from lossproof.notation.nodes import Chance, Opaque
from lossproof.referees.intervals import bounds, is_negative, is_positive
from lossproof.referees.unrolling import CannotTell, Case, Unrolled

SMALLEST, MOST_SIZES, MOST_LABELS, MOST_TRIED = 3, 9, 4, 4000


class Unsatisfied(Exception):
    """A hypothesis does not hold at a case, or the range of a free index is empty."""


def cases(derivation: Derivation, seed: int) -> list[Case]:
    """The cases at which a derivation is looked at.

    Raises:
        CannotTell: if a hypothesis is of a kind that cases cannot be made for.
    """
    chance = random.Random(f"finite/{seed}")
    outline = _Outline(derivation)
    found: list[Case] = []
    for sizes in outline.sizes(chance):
        found += outline.labelled(sizes, chance)
    return found


class _Outline:
    """What the hypotheses say, sorted by what it is used for."""

    def __init__(self, derivation: Derivation) -> None:
        self.hypotheses = derivation.hypotheses
        self.parts = list(walk(derivation.start, *(s.after for s in derivation), *self._terms()))
        self.variables = {_name(p.args[k]) for p in self.parts if isinstance(p, Chance) for k in p.variables_at}
        self.declared = [h for h in self.hypotheses if isinstance(h, Declared)]
        self.matrices = [h for h in self.hypotheses if isinstance(h, DeclaredMatrix)]
        self.ranged = [h.over for h in self.hypotheses if isinstance(h, Ranged)]

    def _terms(self) -> Iterator[Basic]:
        for h in self.hypotheses:
            match h:
                case Declared(term, _, _) | DeclaredMatrix(term, _, _) | Labelled(term, _, _, _):
                    yield term
                case Assumed(_, left, right, _):
                    yield left
                    yield right

    # -------------------------------------------------------------- sizes

    def sizes(self, chance: random.Random) -> list[dict[str, int]]:
        """Values of the integers that are declared by themselves."""
        domains = {h.term.name: h.domain for h in self.declared if isinstance(h.term, Symbol) and h.domain.integer}
        spans = {name: _first(domain) for name, domain in domains.items()}
        every_choice = sorted(every(*spans.values()), key=lambda c: (sum(c), c))
        kept = [dict(zip(spans, c, strict=True)) for c in every_choice]
        kept = [c for c in kept if self._room(c)]
        if len(kept) > MOST_SIZES:
            rest = kept[2:-1]
            kept = [*kept[:2], *sorted(chance.sample(rest, MOST_SIZES - 3), key=rest.index), kept[-1]]
        return kept

    def _room(self, sizes: dict[str, int]) -> bool:
        """Whether there are matrices of these sizes with the declared properties, and places for the free indices."""
        for h in self.matrices:
            if isinstance(h.term, OpaqueColumn):
                continue
            rows, columns = (_known(s, sizes) for s in h.term.size)
            if rows is None or columns is None:
                return False
            if h.property is Property.FULL_COLUMN_RANK and rows < columns:
                return False
            if h.property is Property.FULL_ROW_RANK and rows > columns:
                return False
            if h.property is Property.NONZERO and rows * columns == 0:
                return False
        return all((_known(r.high, sizes) or 0) >= 1 for r in self.ranged)

    # -------------------------------------------------------------- one size

    def labelled(self, sizes: dict[str, int], chance: random.Random) -> list[Case]:
        """Cases of one size: labels, counts and free indices chosen."""
        choices: dict[tuple[str, tuple[int, ...] | None], list[int]] = {}
        for r in self.ranged:
            choices[r.index.name, None] = list(range(_at(r.low, sizes), _at(r.high, sizes) + 1))
        for h in self.hypotheses:
            if isinstance(h, Labelled):
                values = list(range(_at(h.low, sizes), _at(h.high, sizes) + 1))
            elif isinstance(h, Declared) and h.domain.integer and isinstance(h.term, Indexed):
                values = _first(h.domain)
            else:
                continue
            if isinstance(h.term, Symbol):
                choices[h.term.name, None] = values
            elif isinstance(h.term, Indexed) and _name(h.term) not in self.variables:
                for place in _places(h.term, h.ranges, sizes):
                    choices[_name(h.term), place] = values
        found: list[Case] = []
        for chosen in islice(_mixed(list(choices.values()), chance), MOST_TRIED):
            try:
                found.append(self._case(sizes, dict(zip(choices, chosen, strict=True))))
            except (Unsatisfied, Undefined):
                continue
            if len(found) == MOST_LABELS:
                break
        return found

    def _case(self, sizes: dict[str, int], chosen: dict[tuple[str, tuple[int, ...] | None], int]) -> Case:
        case = Case(sizes={**sizes, **{name: v for (name, place), v in chosen.items() if place is None}})
        case.assumptions = tuple(h for h in self.hypotheses if isinstance(h, Assumed))
        case.binary = frozenset(_name(h.term) for h in self.declared if _name(h.term) in self.variables)
        for h in self.declared:
            if isinstance(h.term, Indexed) and _name(h.term) not in self.variables:
                self._array(case, _name(h.term), _places(h.term, h.ranges, sizes), h.domain)
            elif isinstance(h.term, Symbol) and h.term.name not in case.sizes:
                case.scalars[h.term.name] = case.symbol(h.term.name, h.domain)
            elif isinstance(h.term, Opaque):
                name = h.term.head.name
                case.domains[name] = case.domains.get(name, REAL).meet(h.domain)
        for (name, place), v in chosen.items():
            if place is not None:
                case.arrays.setdefault(name, {})[place] = Integer(v)
        self._undeclared(case)
        self._letters(case)
        for name, elements in case.arrays.items():
            case.shapes[name] = tuple(map(max, *elements)) if len(elements) > 1 else next(iter(elements), ())
        self._hold(case)
        return case

    def _array(self, case: Case, name: str, places: list[tuple[int, ...]], domain: Domain) -> None:
        elements = case.arrays.setdefault(name, {})
        for place in places:
            if place in elements:
                domain = domain.meet(case.domains.get(elements[place], REAL))
            elements[place] = case.symbol(f"{name}_{'_'.join(map(str, place))}", domain)

    def _undeclared(self, case: Case) -> None:
        """Symbols that are positive by SymPy's own account, without a declaration."""
        for p in self.parts:
            if isinstance(p, Symbol) and p.is_positive and p.name not in (*case.scalars, *case.sizes):
                case.scalars[p.name] = case.symbol(p.name, POSITIVE)

    def _letters(self, case: Case) -> None:
        """The entries of matrices that are declared as a whole."""
        symmetric = {
            _name(h.term.args[1])
            for h in self.matrices
            if h.property in SQUARE_ONLY - {Property.INVERTIBLE} and isinstance(h.term, Matrix)
        }
        for h in self.matrices:
            if not isinstance(h.term, (Matrix, Column)):
                continue
            base = h.term.args[1] if isinstance(h.term, Matrix) else h.term.array
            if str(base) in case.arrays:
                continue
            rows, columns = (_known(s, case.sizes) or 0 for s in h.term.size)
            elements = case.arrays.setdefault(str(base), {})
            if isinstance(h.term, Column) and len(h.term.args[1]):
                raise CannotTell(f"rows of '{base}' that are declared as columns")
            for i, j in every(range(1, rows + 1), range(1, columns + 1)):
                first, last = sorted((i, j)) if str(base) in symmetric else (i, j)
                place = (i, j) if isinstance(h.term, Matrix) else (i,)
                elements[place] = case.symbol(f"{base}_{'_'.join(map(str, (first, last)[: len(place)]))}", REAL)

    def _hold(self, case: Case) -> None:
        """Put the equations among the hypotheses into the case; leave the case if one does not hold."""
        for h in self.hypotheses:
            if isinstance(h, Assumed) and not any(isinstance(p, Chance) for p in walk(h.left, h.right)):
                for at in Unrolled(case).places(h.ranges):
                    _solve(case, h, at)
        seen = Unrolled(case)
        for h in self.declared:
            if _name(h.term) in self.variables:
                continue
            for at in seen.places(h.ranges):
                value, _ = seen.value(h.term, at)
                if not _possible(value, h.domain, case):
                    raise Unsatisfied


def _solve(case: Case, h: Assumed, at: dict[str, int]) -> None:
    """Write one number by the others, in an equation that is linear in it."""
    here = Unrolled(case)
    excess = (here.number(h.left, at) - here.number(h.right, at)).expand()
    if excess == 0:
        return
    for s in sorted(excess.free_symbols, key=str, reverse=True):
        slope = excess.coeff(s)
        if isinstance(slope, Rational) and slope and not (excess - slope * s).has(s):
            case.put_in(s, ((slope * s - excess) / slope).expand())
            return
    if excess.is_number:
        raise Unsatisfied
    raise CannotTell(f"the hypothesis {h} is not linear in any number")


def _possible(value: Expr, domain: Domain, case: Case) -> bool:
    """Whether a value may lie in a domain; a number that does not lie there is none."""
    if isinstance(value, Rational):
        v = Fraction(int(value.p), int(value.q))
        return lies(v, domain)
    interval = bounds(value, case.domains)
    nowhere = (is_positive(interval) and domain.high <= 0) or (is_negative(interval) and domain.low >= 0)
    return not nowhere


def lies(v: Fraction, d: Domain) -> bool:
    """Whether a number lies in a domain."""
    above = v > d.low or (d.low_closed and v == d.low)
    below = v < d.high or (d.high_closed and v == d.high)
    return above and below and not (d.nonzero and v == 0) and not (d.integer and v.denominator != 1)


def _first(domain: Domain) -> list[int]:
    """The first few integers of a domain, from the end that it has."""
    low = int(domain.low) if isinstance(domain.low, Fraction) else -1
    high = int(domain.high) if isinstance(domain.high, Fraction) else low + SMALLEST - 1
    return [v for v in range(low, min(high, low + SMALLEST) + 1) if v or not domain.nonzero][:SMALLEST]


def _mixed(choices: list[list[int]], chance: random.Random) -> Iterator[tuple[int, ...]]:
    """Every way to choose one of each, in random order if there are many; each at most once."""
    count = 1
    for c in choices:
        count *= len(c)
    if count <= MOST_TRIED:
        ways = list(every(*choices))
        chance.shuffle(ways)
        yield from ways
        return
    seen: set[tuple[int, ...]] = set()
    for _ in range(MOST_TRIED):
        way = tuple(chance.choice(c) for c in choices)
        if way not in seen:
            seen.add(way)
            yield way


def _places(term: Indexed, ranges: tuple[Range, ...], sizes: dict[str, int]) -> list[tuple[int, ...]]:
    spans = {r.index: range(_at(r.low, sizes), _at(r.high, sizes) + 1) for r in ranges}
    return list(every(*(spans[i] if i in spans else (_at(i, sizes),) for i in term.indices)))


def _at(e: Expr, sizes: dict[str, int]) -> int:
    known = _known(e, sizes)
    if known is None:
        raise CannotTell(f"the size {e} is not one of the declared integers")
    return known


def _known(e: Expr, sizes: dict[str, int]) -> int | None:
    if isinstance(e, Integer):
        return int(e)
    return sizes.get(e.name) if isinstance(e, Symbol) else None


def _name(e: Any) -> str:
    """The name of an array, of the array of an element, or of a symbol."""
    if isinstance(e, Indexed):
        return str(e.base)
    return str(e) if isinstance(e, (IndexedBase, Symbol)) else ""
