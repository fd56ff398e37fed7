"""A referee that writes everything out: sums and products at small sizes, labels one by one, exactly.

Both sides of a step become ordinary SymPy expressions (`unrolling`), in which only real numbers are
left unknown, at a few sizes and labels (`cases`).  Their difference is decided exactly where it is
rational in suitable atoms (`atoms`); a step is held if it is 0 in every case.  It is refuted by a
case in which the sides have different values at some numbers, or one has a value and the other has
none (`witnesses`); numbers at which a hypothesis fails are never looked at.  Where neither is found,
the referee says so.

A step that is not an equation is checked through its map: ``phi(before) = after``, and ``phi`` moves
as the relation says: by a constant, by a positive factor, or strictly monotonically.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product as every
from typing import Any

from sympy import Abs, Basic, Expr, Indexed, IndexedBase, S, Symbol, sign
from sympy.polys.polyerrors import BasePolynomialError

from lossproof.errors import LossproofError, Undefined
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import POSITIVE, REAL
from lossproof.kernel.relations import ARGUMENT, Kind
from lossproof.kernel.steps import Step
from lossproof.referees import HELD, NOT_APPLICABLE, REFUTED, Row, referee
from lossproof.referees.atoms import Atoms
from lossproof.referees.cases import cases
from lossproof.referees.intervals import Interval, bounds, is_negative, is_positive
from lossproof.referees.unrolling import CannotTell, Case, Found, Need, Unrolled
from lossproof.referees.unrolling import Kind as Needed
from lossproof.referees.witnesses import NEGLIGIBLE, Witnesses

MOST_BENDS = 3  # absolute values whose two signs are looked at one by one


#: In which SymPy ends where it has no method, or is asked for too much.
_FAILURES = (ArithmeticError, BasePolynomialError, RuntimeError, TypeError, ValueError)


def _said(error: Exception) -> str:
    """Why nothing was found, in one line."""
    if isinstance(error, RecursionError):
        return "too large: nested too deep"
    if isinstance(error, LossproofError):
        return str(error)
    return f"SymPy says: {type(error).__name__}: {' '.join(str(error).split())[:100]}"


class Differ(Exception):
    """The two sides differ; the message is the witness."""


@referee("finite")
def judge(derivation: Derivation, *, seed: int = 0) -> list[Row]:
    """One row per step: exact in so many cases, or the first in which the sides differ."""
    try:
        looked_at = cases(derivation, seed)
        why = "no sizes and labels satisfy the hypotheses" if not looked_at else ""
    except (CannotTell, Undefined, *_FAILURES) as error:
        looked_at, why = [], _said(error)
    judged = [_Judged(step) for step in derivation]
    for case in looked_at:
        here = _Here(case, derivation, seed)
        for step in judged:
            step.look(here)
    return [step.row(number, why) for number, step in zip(derivation.numbers, judged, strict=True)]


class _Judged:
    """What has been found of a step."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.exact: list[Case] = []
        self.silent = ""
        self.witness = ""

    def look(self, here: _Here) -> None:
        if self.witness:
            return
        try:
            if here.agree(self.step):
                self.exact.append(here.case)
        except Differ as found:
            self.witness = f"{found}, at {here.case or 'any size'}"
        except (CannotTell, *_FAILURES) as error:
            self.silent = self.silent or _said(error)

    def row(self, number: int, why: str) -> Row:
        finding, detail = HELD, f"exact {_ranges(self.exact)}"
        if self.witness:
            finding, detail = REFUTED, self.witness
        elif self.silent or not self.exact:
            finding, detail = NOT_APPLICABLE, self.silent or why or "neither side has a value in any case"
        return Row(number, self.step.rule.name, "finite", finding, detail)


def _ranges(looked_at: Sequence[Case]) -> str:
    """In how many cases, and which sizes these have."""
    sizes = {name: sorted({case.sizes[name] for case in looked_at}) for name in looked_at[0].sizes} if looked_at else {}
    spans = [f"{name} = {v[0]}" + (f"..{v[-1]}" if len(v) > 1 else "") for name, v in sizes.items()]
    count = f"{len(looked_at)} case{'' if len(looked_at) == 1 else 's'}"
    return f"for {', '.join(spans)}; {count}" if spans else f"({count})"


@dataclass
class _Here:
    """One case of a derivation."""

    case: Case
    derivation: Derivation
    seed: int

    def __post_init__(self) -> None:
        self.positive = self.case.symbol("a positive value", POSITIVE)
        self.real = self.case.symbol("a value", REAL)
        self.unrolled = Unrolled(self.case)
        self.atoms = Atoms(self.case.domains)
        self.witnesses = Witnesses(self.case, self.derivation.hypotheses, self.seed)

    def agree(self, step: Step) -> bool:
        """Whether the step is exact here; False if neither side has a value.

        Raises:
            Differ: if it is wrong.
            CannotTell: if nothing was found.
        """
        relation = step.relation
        if relation.kind is Kind.EQUAL:
            return self._equal(step.before, step.after)
        if relation.carries is None:
            raise CannotTell("the relation does not say by which map")
        try:
            self._moves(step)
        except Undefined as error:
            raise CannotTell(f"the map between the two sides has no value here: {error}") from None
        return self._equal(relation.carries(step.before), step.after)

    # -------------------------------------------------------------- equations

    def _equal(self, before: Basic, after: Basic) -> bool:
        left, right = self._value(before), self._value(after)
        if left is None and right is None:
            return False
        if left is None or right is None:
            raise Differ(f"the {'left' if left is None else 'right'} side has no value, the other has")
        (a, a_needs), (b, b_needs) = left, right
        pairs = list(zip(_entries(a), _entries(b), strict=False))
        if getattr(a, "shape", ()) != getattr(b, "shape", ()):
            raise Differ("the sides have different numbers of rows or columns")
        undecided = [pair for pair in pairs if not self._same(*pair)]
        doubtful = [pair for pair in pairs if pair in undecided or any(map(_jumps, pair))]
        if doubtful or a_needs != b_needs:
            self._at_points(left, right, doubtful)
        if undecided:
            raise CannotTell("the difference could not be decided: it is 0 at every point tried")
        return True

    def _value(self, e: Basic) -> Found | None:
        try:
            return self.unrolled.value(e)
        except Undefined:
            return None

    def _same(self, a: Expr, b: Expr) -> bool:
        """Whether two numbers are the same, exactly; by the signs of what is inside absolute values if need be."""
        if a == b:
            return True
        if self._zero(a - b, {}):
            return True
        bends = self._bends(a - b)
        if not 0 < len(bends) <= MOST_BENDS:
            return False
        return all(
            self._zero(a - b, dict(zip(bends, signs, strict=True))) for signs in every((1, -1), repeat=len(bends))
        )

    def _zero(self, e: Expr, signs: dict[Expr, int]) -> bool:
        return (Atoms(self.case.domains, signs) if signs else self.atoms).is_zero(e)

    def _bends(self, e: Expr) -> list[Expr]:
        apart = Atoms(self.case.domains)
        apart.is_zero(e)
        return list(apart.unsigned)

    def _at_points(self, left: Found, right: Found, pairs: list[tuple[Expr, Expr]]) -> None:
        """Look for numbers at which the sides differ."""
        looked = 0
        involved = [e for found, needs in (left, right) for e in (*_entries(found), *(n.expression for n in needs))]
        for point in self.witnesses.points:
            defined = [self.witnesses.defined(point, needs) for _, needs in (left, right)]
            if None in defined:
                continue
            looked += 1
            if defined[0] != defined[1]:
                which = "left" if defined[1] else "right"
                raise Differ(f"the {which} side has no value, the other has{point.where(*involved)}")
            if not defined[0]:
                continue
            for a, b in pairs:
                x, y = self.witnesses.at(point, a), self.witnesses.at(point, b)
                if x is None or y is None:
                    continue
                if abs(x - y) > NEGLIGIBLE * (1 + abs(x) + abs(y)):
                    raise Differ(f"{x.n(12)} != {y.n(12)}{point.where(*involved)}")
        if not looked:
            raise CannotTell("the sides may have values at different numbers, and none were found to look at")

    # -------------------------------------------------------------- other relations

    def _moves(self, step: Step) -> None:
        """Whether the map moves as the relation says."""
        relation = step.relation
        assert relation.carries is not None
        t, phi = self.real, relation.carries(ARGUMENT)
        before = self._value(step.before)
        moved, needs = Unrolled(self.case, argument=t).value(phi)
        if Need(t, Needed.POSITIVE) in needs or (before is not None and is_positive(self._bounds(before[0]))):
            t = self.positive
            moved, _ = Unrolled(self.case, argument=t).value(phi)
        match relation.kind:
            case Kind.UP_TO_CONSTANT:
                self._free(moved - t, (*relation.over, t), "what is dropped")
            case Kind.PROPORTIONAL:
                self._free(moved / t, (*relation.over, t), "the factor that is dropped")
                self._sign(moved / t, 1, "the factor that is dropped")
            case _:
                self._free(moved, relation.over, "the map between the two sides")
                self._sign(moved.diff(t), -1 if relation.reverses else 1, "the slope of the map between the two sides")

    def _bounds(self, e: Expr) -> Interval:
        return bounds(e, self.case.domains)

    def _free(self, e: Expr, over: tuple[Expr, ...], what: str) -> None:
        """That an expression does not move with some parameters."""
        moving = {s for p in over for s in self._symbols(p)}
        for s in sorted(moving & e.free_symbols, key=str):
            slope = e.diff(s)
            if self.atoms.is_zero(slope):
                continue
            for point in self.witnesses.points:
                found = self.witnesses.at(point, slope)
                if found is not None and abs(found) > NEGLIGIBLE:
                    raise Differ(f"{what} moves with {s}, at the rate {found.n(12)}{point.where(e)}")
            raise CannotTell(f"whether {what} moves with {s} was not decided")

    def _symbols(self, parameter: Expr) -> Iterator[Symbol]:
        if parameter in (self.positive, self.real):
            yield parameter
        elif isinstance(parameter, IndexedBase):
            for v in self.case.arrays.get(str(parameter), {}).values():
                yield from v.free_symbols
        elif isinstance(parameter, Indexed):
            yield from self.unrolled.number(parameter, {}).free_symbols
        else:
            yield from self.case.scalars.get(str(parameter), S.Zero).free_symbols

    def _sign(self, e: Expr, wanted: int, what: str) -> None:
        """That an expression has a sign everywhere."""
        flat = self.atoms.lowest_terms(self.atoms.flat(e))
        interval = self._bounds(self.atoms.ordinary(flat))
        if is_positive(interval) if wanted > 0 else is_negative(interval):
            return
        for point in self.witnesses.points:
            found = self.witnesses.at(point, e)
            if found is not None and found * wanted < -NEGLIGIBLE:
                raise Differ(f"{what} is {found.n(12)}{point.where(e)}")
        raise CannotTell(f"the sign of {what} was not decided")


def _jumps(e: Expr) -> bool:
    """Whether it may differ at single points from what it is around them."""
    return bool(e.has(sign, Abs))


def _entries(value: Any) -> list[Expr]:
    return list(value) if hasattr(value, "shape") else [value]
