"""How wrong a form can come out, computed in doubles: an error analysis to first order, at points.

At every point the true value of every part is known from balls (Arb).  What a computer may make of the part
is bounded from below upwards: the errors of its operands, each times the slope, and its own rounding; an
operation that leaves the range of doubles is followed as the IEEE standard says (1 / inf = 0, inf - inf = nan).

Errors are kept as logarithms (base 2) of absolute errors, values as logarithms of their sizes, so that
nothing here has a range to leave.  Nothing here is trusted: it chooses a form, the kernel proves it equal.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TypeAlias

import flint
import numpy as np
import numpy.typing as npt
from sympy import Expr, Rational, pi

from lossproof.kernel.domains import Domain
from lossproof.stability.operations import Ball, Operation, is_constant, reading
from lossproof.stability.points import Points

arb, fmpq, ctx = flint.arb, flint.fmpq, flint.ctx

Numbers: TypeAlias = npt.NDArray[np.float64]
Marks: TypeAlias = npt.NDArray[np.int8]
Mask: TypeAlias = npt.NDArray[np.bool_]

#: Working precisions in bits, the next one where the one before does not tell; enough for sums of any doubles.
PRECISIONS = (128, 600, 2400)
#: How many bits of a value have to be known.
_KNOWN = 60
#: The largest exponent and the last bit of doubles.
_TOP, _LAST = 1024, -1074
_LARGEST_LOGARITHM = 709.79
#: A size that is 0 in doubles, whatever it is.
_NOTHING = -4000.0
#: No exponent that matters is larger.
_FAR = 10**300
_LOG2E = math.log2(math.e)
#: What an operation gave: a number, plus or minus infinity (+-1), no number.
NUMBER, NAN = 0, 2


@dataclass(frozen=True, eq=False)
class Truth:
    """The values of a part at the points, as they are.

    Attributes:
        balls: what is known of each.
        size: log2 of its absolute value.
        sign: -1, 0 or 1.
        exact: whether it is a double.
        unknown: whether no precision tells.
    """

    balls: tuple[Ball, ...]
    size: Numbers
    sign: Marks
    exact: Mask
    unknown: Mask

    @cached_property
    def doubles(self) -> Numbers:
        """The values as doubles, infinite or 0 where they have left the range."""
        return np.array([float(v) if v is not None else math.nan for v in self.balls])


@dataclass(frozen=True, eq=False)
class Column:
    """A part at the points: its values, log2 of how wrong a computer's may be, and what kind of number that is."""

    truth: Truth
    error: Numbers
    off: Marks


class Evaluation:
    """The parts of forms at some points, each computed once."""

    def __init__(self, points: Points) -> None:
        self.points = points
        self._columns: dict[Expr, Column] = {}
        self._truths: dict[Expr, Truth] = {}
        self._precise: dict[tuple[Expr, int, int], Ball] = {}

    # -------------------------------------------------------------- values

    def equal(self, e: Expr, other: Expr) -> None:
        """Say that an expression has the values of another that is known."""
        if e not in self._truths and other in self._truths:
            self._truths[e] = self._truths[other]

    def truth(self, e: Expr) -> Truth:
        """The values of an expression at the points."""
        known = self._truths.get(e)
        if known is None:
            known = self._truths[e] = self._new_truth(e)
        return known

    def _new_truth(self, e: Expr) -> Truth:
        operands = reading(e).operands
        below = [self.truth(o).balls for o in operands]
        with ctx.workprec(PRECISIONS[0]):
            rows = zip(*below, strict=True) if below else [()] * len(self.points)
            balls = [self._value(e, k, row) for k, row in enumerate(rows)]
        for bits in PRECISIONS[1:]:
            for k, v in enumerate(balls):
                if not _known(v):
                    with ctx.workprec(bits):
                        balls[k] = self._at(e, k, bits)
        return _measured(balls)

    def _value(self, e: Expr, k: int, operands: Sequence[Ball]) -> Ball:
        operation = reading(e).operation
        if operation is None:
            return _constant(e) if is_constant(e) else arb(self.points.columns[e][k])
        if operation.name == "where":
            gap, yes, no = operands
            return yes if gap >= 0 else no if gap < 0 else yes.union(no)
        return operation.value(*operands)

    def _at(self, e: Expr, k: int, bits: int) -> Ball:
        """The value at one point, at the precision that is set."""
        key = (e, k, bits)
        if key not in self._precise:
            known = self._truths.get(e)
            ball = None if known is None else known.balls[k]
            if ball is not None and ball.is_exact():
                self._precise[key] = ball
            else:
                self._precise[key] = self._value(e, k, [self._at(o, k, bits) for o in reading(e).operands])
        return self._precise[key]

    # -------------------------------------------------------------- errors

    def column(self, e: Expr) -> Column:
        """An expression at the points, as a computer has it."""
        known = self._columns.get(e)
        if known is None:
            known = self._columns[e] = self._new_column(e)
        return known

    def _new_column(self, e: Expr) -> Column:
        truth = self.truth(e)
        operation, operands = reading(e).operation, reading(e).operands
        none = np.full(len(self.points), -np.inf)
        if operation is None:
            rounded = np.where(truth.exact, none, _last_bit(truth.size) - 1)
            return Column(truth, rounded, np.zeros(len(none), np.int8))
        below = [self.column(o) for o in operands]
        with np.errstate(all="ignore"):
            off = _kind(operation, below, truth)
            error = _propagated(operation, below, truth)
            certain = error < truth.size - 1
            if operation.name in ("exp", "expm1"):
                certain = below[0].truth.doubles - np.exp2(below[0].error) > _LARGEST_LOGARITHM
            astray = (off != NUMBER) & (truth.size >= _TOP) & ~certain
            error = np.logaddexp2(error, _own(operation, operands, below, truth, none))
            off = np.where(astray & np.logical_and.reduce([c.off == NUMBER for c in below]), NAN, off).astype(np.int8)
            error = np.where(off == NUMBER, error, np.inf)
            tamed = (off == NUMBER) & np.logical_or.reduce([c.off != NUMBER for c in below])
            if tamed.any():
                error = np.where(tamed, _after_infinity(operation, below, truth), error)
        return Column(truth, np.where(np.isnan(error), np.inf, error), off)

    def ulps(self, e: Expr) -> Numbers:
        """By how many units in the last place an expression may come out wrong at each point; 0 where untold."""
        column = self.column(e)
        truth = column.truth
        with np.errstate(all="ignore"):
            found = np.exp2(column.error - _last_bit(truth.size))
            beyond = truth.size >= _TOP
            right = beyond & (column.off == truth.sign) & (column.off != NUMBER)
            found = np.where(right, 0.0, np.where(column.off != NUMBER, np.inf, found))
            return np.where(truth.unknown & (column.off == NUMBER), 0.0, found)

    def lies_in(self, e: Expr, domain: Domain) -> Mask:
        """Where an expression lies in a set, as far as that is known."""
        found = []
        for v in self.truth(e).balls:
            low, high = domain.low, domain.high
            above = low == -math.inf or v > _exactly(low) or (domain.low_closed and v >= _exactly(low))
            below = high == math.inf or v < _exactly(high) or (domain.high_closed and v <= _exactly(high))
            whole = not domain.integer or (v.is_exact() and v.is_integer())
            found.append(bool(above and below and whole and not (domain.nonzero and v.contains(0))))
        return np.array(found, np.bool_)

    def _reach(self, e: Expr) -> dict[Expr, Numbers]:
        """log2 of what an error of each part makes of the whole."""
        parts = list(operations(e))
        reach = {part: np.full(len(self.points), -np.inf) for part in parts}
        reach[e] = np.zeros(len(self.points))
        with np.errstate(all="ignore"):
            for part in reversed(parts):
                for k, o in enumerate(reading(part).operands):
                    moving = ~np.isneginf(self.column(o).error)
                    if moving.any():
                        steep = np.where(moving, np.nan_to_num(self.slope(part, k), nan=np.inf), -np.inf)
                        reach[o] = np.logaddexp2(reach[o], _times(reach[part], steep))
        return reach

    def blamed(self, e: Expr) -> set[Expr]:
        """The operations whose own rounding or overflow makes most of the error where it is beyond the aim."""
        bad = self.ulps(e) > AIM
        if not bad.any():
            return set()
        reach, shares = self._reach(e), {}
        for part in operations(e):
            if reading(part).operation is not None:
                with np.errstate(all="ignore"):
                    shares[part] = np.where(self._broken(part), np.inf, reach[part] + self._rounding(part))
        most = np.maximum.reduce(list(shares.values()))
        return {part for part, share in shares.items() if (bad & (share >= most - 1)).sum() * 50 >= bad.sum()}

    def _broken(self, e: Expr) -> Mask:
        """Where an operation leaves the range of doubles, its operands being numbers."""
        right = [self.column(o).off == NUMBER for o in reading(e).operands]
        return (self.column(e).off != NUMBER) & np.logical_and.reduce(right)

    def remaining(self, e: Expr) -> tuple[Remaining, ...]:
        """The operations by which more digits are lost than are aimed at, the worst first."""
        ulps = self.ulps(e)
        bad = ulps > AIM
        if not bad.any():
            return ()
        reach, last = self._reach(e), _last_bit(self.truth(e).size)
        found: list[Remaining] = []
        for part in operations(e):
            if reading(part).operation is None:
                continue
            broken = bad & self._broken(part)
            if broken.any():
                found.append(self._remaining(part, None, broken, ulps, np.full(len(ulps), np.inf)))
            for k, o in enumerate(reading(part).operands):
                with np.errstate(all="ignore"):
                    steep = self.slope(part, k)
                    share = reach[part] + steep + self.column(o).error - last
                    grown = steep + self.truth(o).size - self.truth(part).size
                    at = bad & (share > math.log2(AIM / 2)) & (grown > 1)
                if at.any():
                    found.append(self._remaining(part, k, at, ulps, grown))
        return tuple(sorted(found, key=lambda r: (-r.points, str(r.part))))

    def _remaining(self, part: Expr, k: int | None, at: Mask, ulps: Numbers, grown: Numbers) -> Remaining:
        worst = int(np.argmax(np.where(at, ulps, -1)))
        least = float(np.exp2(min(grown[at].min(), 1023.0)))
        return Remaining(part, k, least, float(ulps[worst]), self.points.at(worst), int(at.sum()))

    def _rounding(self, e: Expr) -> Numbers:
        operation, operands = reading(e).operation, reading(e).operands
        assert operation is not None
        none = np.full(len(self.points), -np.inf)
        return _own(operation, operands, [self.column(o) for o in operands], self.truth(e), none)

    def slope(self, e: Expr, k: int) -> Numbers:
        """log2 of the slope of a part in its k-th operand, for the way back from a result to who is to blame."""
        operation, operands = reading(e).operation, reading(e).operands
        assert operation is not None
        truth, below = self.truth(e), [self.truth(o) for o in operands]
        if operation.name == "where":
            yes = below[0].doubles >= 0
            return np.where(yes if k == 1 else ~yes, 0.0 if k else -np.inf, -np.inf)
        if operation.name == "maximum":
            first = below[0].doubles >= below[1].doubles
            return np.where(first if k == 0 else ~first, 0.0, -np.inf)
        match operation.name:
            case "add" | "subtract" | "negative" | "absolute":
                return np.zeros(len(self.points))
            case "multiply":
                return below[1 - k].size
            case "divide":
                return (-below[1].size if k == 0 else truth.size - below[1].size).astype(float)
            case "exp":
                return truth.size
            case "log":
                return -below[0].size
            case "log1p":
                return -truth.doubles * _LOG2E
        return _slope(operation, k, below, truth)


def _exactly(end: Fraction | float) -> Ball:
    return arb(fmpq(Fraction(end).numerator, Fraction(end).denominator))


def _known(v: Ball) -> bool:
    return v.is_exact() or (v.is_finite() and v.rel_accuracy_bits() >= _KNOWN) or bool(abs(v) < _TINY)


_TINY = arb(2) ** int(_NOTHING / 2)


def _constant(e: Expr) -> Ball:
    if isinstance(e, Rational):
        return arb(fmpq(int(e.p), int(e.q)))
    return arb.pi() if e is pi else arb(1).exp()


def _measured(balls: list[Ball]) -> Truth:
    size, sign = np.full(len(balls), -np.inf), np.zeros(len(balls), np.int8)
    exact, unknown = np.zeros(len(balls), np.bool_), np.zeros(len(balls), np.bool_)
    for k, v in enumerate(balls):
        if not _known(v) or not v.is_finite():
            unknown[k] = True
            size[k] = math.nan
            continue
        if v.is_zero():
            exact[k] = True
            continue
        middle = v.mid()
        if not v.is_exact() and v.rel_accuracy_bits() < _KNOWN:
            size[k], sign[k] = _NOTHING, 1
            continue
        sign[k] = 1 if middle > 0 else -1
        near = abs(float(middle))
        if 1e-300 < near < 1e300:
            size[k] = math.log2(near)
            exact[k] = v.is_exact() and v.bits() <= 53
        else:
            mantissa, exponent = (int(n) for n in middle.man_exp())
            size[k] = _binary_size(mantissa, exponent)
            exact[k] = v.is_exact() and v.bits() <= 53 and exponent >= _LAST and size[k] < _TOP
    return Truth(tuple(balls), size, sign, exact, unknown)


def _binary_size(mantissa: int, exponent: int) -> float:
    """log2 of a number that need not be a double."""
    return math.log2(abs(mantissa)) + max(-_FAR, min(_FAR, exponent))


def _last_bit(size: Numbers) -> Numbers:
    """log2 of a unit in the last place of a number of this size."""
    return np.maximum(np.floor(np.where(np.isfinite(size), size, -np.inf)) - 52, _LAST)


def _times(error: Numbers, size: Numbers) -> Numbers:
    """The logarithm of a product, where nothing times anything is nothing."""
    return np.where(np.isneginf(error) | np.isneginf(size), -np.inf, error + size)


def _own(operation: Operation, operands: tuple[Expr, ...], below: list[Column], truth: Truth, none: Numbers) -> Numbers:
    """log2 of an operation's own rounding."""
    if not operation.ulps:
        return none
    rounding = _last_bit(truth.size) + math.log2(operation.ulps)
    rounding = np.where(truth.size < _LAST - 1, truth.size, rounding)  # it becomes 0
    if operation.ulps > 0.5:
        return np.where(np.isneginf(truth.size), -np.inf, rounding)
    if operation.name in ("multiply", "divide") and any(map(_is_power_of_two, operands)):
        scaled = operation.name == "multiply" or _is_power_of_two(operands[1])
        rounding = np.where(scaled & (truth.size >= -1022), -np.inf, rounding)
    right = np.logical_and.reduce([np.isneginf(c.error) for c in below])
    return np.where((right & truth.exact) | np.isneginf(truth.size), -np.inf, rounding)


def _is_power_of_two(e: Expr) -> bool:
    if not isinstance(e, Rational):
        return False
    return all(n and n & (n - 1) == 0 for n in (abs(int(e.p)), int(e.q)))


def _propagated(operation: Operation, below: list[Column], truth: Truth) -> Numbers:
    """log2 of what the errors of the operands make of the result."""
    errors, sizes = [c.error for c in below], [c.truth.size for c in below]
    match operation.name:
        case "add" | "subtract":
            return np.logaddexp2(*errors)
        case "negative" | "absolute":
            return errors[0]
        case "multiply":
            (a, b), (size_a, size_b) = errors, sizes
            return np.logaddexp2(np.logaddexp2(_times(a, size_b), _times(b, size_a)), _times(a, b))
        case "square":
            return np.logaddexp2(_times(errors[0], sizes[0]) + 1, 2 * errors[0])
        case "divide":
            (a, b), (_, size_b) = errors, sizes
            relative = b - size_b
            whole = np.logaddexp2(a - size_b, _times(relative, truth.size))
            return np.where(relative < 0, whole - np.log2(1 - np.exp2(relative)), np.inf)
        case "maximum":
            return _picked(below[0].truth.doubles - below[1].truth.doubles, np.logaddexp2(*errors), *errors)
        case "where":
            return _picked(below[0].truth.doubles, errors[0], *errors[1:])
        case "exp":
            return _of_exponential(errors[0], below[0].truth.doubles, truth.size)
        case "expm1":
            inside = below[0].truth.doubles
            return _of_exponential(errors[0], inside, inside * _LOG2E)
        case "log" | "log1p":
            around = sizes[0] if operation.name == "log" else truth.doubles * _LOG2E
            relative = errors[0] - around
            return np.where(relative < 0, np.log2(-np.log1p(-np.exp2(relative))), np.inf)
        case "sqrt":
            return np.where(np.isneginf(sizes[0]), errors[0] / 2, _times(errors[0] - sizes[0] - 0.9, truth.size))
        case "sin" | "cos":  # the slope itself may move
            steep = _slope(operation, 0, [below[0].truth], truth, ~np.isneginf(errors[0]))
            return np.minimum(np.logaddexp2(_times(errors[0], steep), 2 * errors[0] - 1), 1.0)
    found = np.full(len(truth.size), -np.inf)
    inexact = [~np.isneginf(error) for error in errors]
    for k, error in enumerate(errors):
        if inexact[k].any():
            steep = _slope(operation, k, [c.truth for c in below], truth, inexact[k])
            found = np.logaddexp2(found, _times(error, steep))
    return found


def _of_exponential(error: Numbers, inside: Numbers, size: Numbers) -> Numbers:
    """log2 of ``exp(u + d) - exp(u)`` for an error ``d``, also where that is large and ``u`` is far below 0."""
    d = np.exp2(error)
    return np.where(d < 1, _times(np.log2(np.expm1(d)), size), (inside + d) * _LOG2E)


def _picked(gap: Numbers, blurred: Numbers, first: Numbers, second: Numbers) -> Numbers:
    """The error of the one that is chosen; of both, where the error of the gap may choose either."""
    either = ~np.isneginf(blurred) & (np.exp2(blurred) >= np.abs(gap))
    chosen = np.where(gap >= 0, first, second)
    return np.where(either, np.maximum(first, second), chosen)


def _slope(operation: Operation, k: int, below: list[Truth], truth: Truth, where: Mask | None = None) -> Numbers:
    """log2 of the slope in an operand, at the points that are asked for."""
    found = np.full(len(truth.size), -np.inf)
    if not operation.slopes:
        return found
    with ctx.workprec(PRECISIONS[0]):
        for n, row in enumerate(zip(*(t.balls for t in (*below, truth)), strict=True)):
            if where is None or where[n]:
                found[n] = _log2(operation.slopes[k](*row))
    return found


def _log2(v: Ball) -> float:
    if v.is_zero():
        return -math.inf
    upper = abs(v).upper()
    if not upper.is_finite():
        return math.inf
    near = float(upper)
    if 1e-300 < near < 1e300:
        return math.log2(near)
    mantissa, exponent = (int(n) for n in upper.man_exp())
    return _binary_size(mantissa, exponent) if mantissa else -math.inf


def _kind(operation: Operation, below: list[Column], truth: Truth) -> Marks:
    """Whether what comes out is a number, or infinite, or nothing."""
    offs = [c.off for c in below]
    own = np.where(truth.size >= _TOP, truth.sign, NUMBER).astype(np.int8)
    if operation.name == "where":
        return np.where(below[0].truth.doubles >= 0, offs[1], offs[2])
    if operation.name == "exp" and truth.unknown.any():  # too far out even for balls
        far = truth.unknown & (offs[0] == NUMBER) & (below[0].truth.sign > 0)
        own = np.where(far, 1, own).astype(np.int8)
    strange = np.logical_or.reduce([off != NUMBER for off in offs])
    if not strange.any():
        return own
    out = _shown(operation, below)
    kind = np.where(np.isnan(out), NAN, np.where(np.isinf(out), np.sign(out), NUMBER))
    return np.where(strange, kind, own).astype(np.int8)


def _shown(operation: Operation, below: list[Column]) -> Numbers:
    """What a computer makes of operands some of which are not finite."""
    values = [np.where(c.off == NUMBER, c.truth.doubles, np.choose(c.off % 4, _MARKED)) for c in below]
    return _in_doubles(operation, values)


#: What the marks 0, 1, 2 and -1 stand for (-1 is 3 modulo 4).
_MARKED = (0.0, math.inf, math.nan, -math.inf)


def _in_doubles(operation: Operation, v: list[Numbers]) -> Numbers:
    """An operation on doubles of which some are not finite."""
    match operation.name:
        case "add":
            return v[0] + v[1]
        case "subtract":
            return v[0] - v[1]
        case "multiply":
            return v[0] * v[1]
        case "divide":
            return v[0] / v[1]
        case "negative":
            return -v[0]
        case "absolute":
            return np.abs(v[0])
        case "square":
            return v[0] * v[0]
        case "maximum":
            return np.maximum(v[0], v[1])
        case "exp":
            return np.exp(v[0])
        case "expm1":
            return np.expm1(v[0])
        case "log":
            return np.log(v[0])
        case "log1p":
            return np.log1p(v[0])
        case "sqrt":
            return np.sqrt(v[0])
        case "power":
            return np.power(v[0], v[1])
        case "hypot":
            return np.hypot(v[0], v[1])
        case "sign":
            return np.sign(v[0])
        case "erf":
            return np.where(np.isinf(v[0]), np.sign(v[0]), np.nan)
        case "erfc":
            return np.where(np.isinf(v[0]), 1 - np.sign(v[0]), np.nan)
        case "ndtr":
            return np.where(np.isinf(v[0]), (1 + np.sign(v[0])) / 2, np.nan)
        case "log_ndtr":
            return np.where(np.isposinf(v[0]), 0.0, v[0])
        case "lgamma" | "gamma":
            return np.where(np.isposinf(v[0]), v[0], np.nan)
        case "xlogy":
            return np.where(v[0] == 0, 0.0, v[0] * np.log(v[1]))
    return np.full(len(v[0]), np.nan)


def _after_infinity(operation: Operation, below: list[Column], truth: Truth) -> Numbers:
    """log2 of the error of a number that was made of an infinite one: the saturated value is what it is."""
    if operation.name == "maximum":
        return np.where(below[0].off == NUMBER, below[0].error, below[1].error)
    if operation.name == "where":
        return np.where(below[0].truth.doubles >= 0, below[1].error, below[2].error)
    apart = np.abs(_shown(operation, below) - truth.doubles)
    least = np.where(truth.size < _LAST - 1, truth.size, _last_bit(truth.size))
    return np.logaddexp2(np.log2(apart), least)


# ------------------------------------------------------------------ of a whole


#: How many units in the last place are aimed at.
AIM = 4.0
#: What a point counts at which nothing is right, in bits.
_LOST = 64.0


@dataclass(frozen=True, eq=False)
class Analysis:
    """What is predicted of a form.

    Attributes:
        form: the expression.
        points: where.
        ulps: by how many units in the last place it may come out wrong at each point; infinite where nothing is right.
    """

    form: Expr
    points: Points
    ulps: Numbers

    @property
    def worst(self) -> float:
        """The largest of the errors."""
        return float(self.ulps.max(initial=0.0))

    @property
    def where(self) -> dict[Expr, float]:
        """The point at which the error is largest."""
        return self.points.at(int(self.ulps.argmax()))

    @property
    def lost(self) -> int:
        """At how many points nothing is right: infinite, no number, or not one digit."""
        return int((self.ulps >= 2.0**52).sum())

    @property
    def beyond(self) -> Numbers:
        """How many bits are lost beyond the aim at each point."""
        with np.errstate(divide="ignore"):
            return np.clip(np.log2(self.ulps / AIM), 0, _LOST)

    @property
    def excess(self) -> float:
        """How many bits are lost beyond the aim, on average over the points."""
        return float(self.beyond.mean())

    @property
    def bits(self) -> float:
        """How many bits are lost, on average over the points."""
        return float(np.clip(np.log2(1 + self.ulps), 0, _LOST).mean())


@dataclass(frozen=True, eq=False)
class Remaining:
    """An operation that can make an error larger than is aimed at.

    Attributes:
        part: the operation, a part of the form (or of how `operations.reading` takes it apart).
        operand: the number of the operand whose error it amplifies; None if its value leaves the range of doubles.
        amplification: the least factor by which it does so where the result is worse than is aimed at.
        ulps: the largest error of the whole at such a point.
        where: that point.
        points: at how many points.
    """

    part: Expr
    operand: int | None
    amplification: float
    ulps: float
    where: dict[Expr, float]
    points: int


def analysed(form: Expr, evaluation: Evaluation) -> Analysis:
    """The error analysis of a form at the points of an evaluation."""
    return Analysis(form, evaluation.points, evaluation.ulps(form))


def operations(e: Expr) -> Iterator[Expr]:
    """The parts of a form that are computed, operands first, each once."""
    seen: set[Expr] = set()
    stack = [(e, False)]
    while stack:
        here, ready = stack.pop()
        if ready:
            yield here
        elif here not in seen:
            seen.add(here)
            stack.append((here, True))
            stack.extend((o, False) for o in reversed(reading(here).operands))


def cost(e: Expr) -> float:
    """The cost of a form in additions; a part that occurs twice is computed once."""
    found = (reading(part).operation for part in operations(e))
    return sum(operation.cost for operation in found if operation is not None)
