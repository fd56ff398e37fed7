"""Whether a total mass is finite: enclosed in a ball, or by how the loss grows, for every value of the constants.

The mass of ``exp(-c rho(t))`` between two ends is finite near an infinite end ``t -> oo`` if

=================================================  ==========================================
``rho`` grows like ``K (log t)``                   ``c > 1 / K`` (and it is infinite below)
``rho`` grows faster than every ``K log t``        ``c > 0``
``rho`` is bounded, falls, or ``o(log t)``         never: ``exp(-c rho) >= 1 / t`` far out
=================================================  ==========================================

and near a finite end ``a``, with ``t = 1 / |y - a|``, if ``rho >= -K log t`` with ``c < 1 / K``.  In between,
a loss that is built of continuous functions, each defined everywhere, is bounded on every bounded interval.

`Convergence` and `Divergence` are certificates: an object of these types exists only if its check, which
makes no use of how it was found, has passed (Rudin 1976, Principles of Mathematical Analysis, theorem 3.28
and exercise 6.8: comparison with ``t^(-p)``).

Where all constants are numbers, `enclose` gives a ball around the mass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeAlias

from sympy import (
    Abs,
    Add,
    Basic,
    Expr,
    Integer,
    Integral,
    Max,
    Mul,
    Pow,
    Rational,
    S,
    Symbol,
    cos,
    digamma,
    erf,
    exp,
    factorial,
    gamma,
    log,
    sin,
)

from lossproof.errors import LossproofError, MissingExtra
from lossproof.kernel.conditions import Between, Hypothesis, symbols_of
from lossproof.kernel.domains import NONNEGATIVE, POSITIVE, REAL
from lossproof.kernel.facts import Facts
from lossproof.notation import inert
from lossproof.notation.inert import MINUS_ONE, ONE, ZERO, free, fresh, is_leaf, limits_of, substitute
from lossproof.notation.nodes import Series, Sigmoid, Softplus, Where, series, written_out
from lossproof.notation.plain import written
from lossproof.numeric.balls import Ball, Balls, available, rounded
from lossproof.numeric.evaluate import Evaluator, Instance, Rationals, evaluate
from lossproof.numeric.integrating import integral_of, series_of
from lossproof.numeric.rays import Interval as Ends
from lossproof.numeric.rays import Ray, is_finite
from lossproof.recovery.growth import Germs, Growth, NotShown
from lossproof.recovery.sets import Counts, Interval

BITS = 128
#: How far out a bound is looked for: from ``2^k`` on.
FARTHEST = 12

Target: TypeAlias = Interval | Counts


# ------------------------------------------------------------------ numbers


def enclose(integrand: Expr, y: Symbol, target: Target, bits: int = BITS) -> Ball:
    """A ball that contains the total mass of an integrand in which ``y`` is the only symbol.

    Raises:
        Unbounded: if no narrow ball is found; that says nothing about whether the mass is finite.
        NoFiniteValue: if the integrand certainly has no value somewhere.
        UnsupportedExpression: for a node that the integrand may not have.
        MissingExtra: without `python-flint`.

    >>> from sympy import Rational
    >>> from lossproof.notation.inert import TWO, absolute, exp, mul, neg, power, sub
    >>> from lossproof.recovery.sets import REAL
    >>> t = Symbol("t", real=True)
    >>> half = Rational(1, 2)
    >>> huber = Where(sub(ONE, absolute(t)), mul(half, power(t, TWO)), sub(absolute(t), half))
    >>> enclose(exp(neg(huber)), t, REAL).str(8)
    '[2.9243101 +/- 3...e-9]'
    """
    if not available():
        raise MissingExtra("an enclosure in balls", "python-flint")
    if isinstance(target, Counts):
        return series_of(integrand, y, ZERO, Instance({}), bits)
    return integral_of(integrand, y, target.low, target.high, Instance({}), bits)


def decimals(mass: Ball, digits: int = 12) -> tuple[str, str]:
    """Two decimal numbers between which a mass lies."""
    with Balls(BITS).working():
        step = Fraction(1, 10**digits)
        scaled = mass / rounded(step)
        low, high = scaled.lower().floor().unique_fmpz(), scaled.upper().ceil().unique_fmpz()
    return _decimal(int(low), digits), _decimal(int(high), digits)


def _decimal(scaled: int, digits: int) -> str:
    text = f"{abs(scaled):0{digits + 1}d}"
    return f"{'-' if scaled < 0 else ''}{text[:-digits]}.{text[-digits:]}"


# ------------------------------------------------------------------ one end


class Mass(Enum):
    """For which scales ``c > 0`` the mass near an end is finite."""

    ALWAYS = "for every c > 0"
    NEVER = "for no c > 0"
    ABOVE = "for c above a bound, and infinite below it"
    BELOW = "for c below a bound, and infinite above it"


@dataclass(frozen=True)
class Tail:
    """The mass near an end.

    Attributes:
        y: the observation.
        end: the end: a number, ``oo`` or ``-oo``.
        growth: how the loss grows there, in ``|y|`` or, at a number, in ``1 / |y - end|``.
        mass: for which scales it is finite.
        bound: of the scales; at the bound itself nothing is said.
    """

    y: Symbol
    end: Expr
    growth: Growth
    mass: Mass
    bound: Expr | None = None

    def finite_at(self, scale: Expr, facts: Facts) -> bool:
        """Whether the mass is shown to be finite at a scale."""
        return self._at(scale, facts, Mass.ALWAYS, turned=False)

    def infinite_at(self, scale: Expr, facts: Facts) -> bool:
        """Whether the mass is shown to be infinite at a scale."""
        return self._at(scale, facts, Mass.NEVER, turned=True)

    def _at(self, scale: Expr, facts: Facts, certain: Mass, *, turned: bool) -> bool:
        if self.bound is None:
            return self.mass is certain and facts.shows(scale, POSITIVE)
        try:
            side = Germs(Symbol("t_"), facts).sign(inert.sub(scale, self.bound))
        except NotShown:
            return False
        wanted = 1 if (self.mass is Mass.ABOVE) != turned else -1
        return facts.shows(scale, POSITIVE) and side == wanted

    def __str__(self) -> str:
        size = self.y if self.end is S.Infinity else inert.neg(self.y)
        if self.end not in (S.Infinity, S.NegativeInfinity):
            size = inert.inverse(inert.absolute(inert.sub(self.y, self.end)))
        short = Symbol("t") if self.y.name != "t" else Symbol("r")
        name = "" if size == self.y else f", with {short} = {written(size)},"
        said = self.growth.says(self.y if size == self.y else short)
        grows = f"the loss is {said}" if said.startswith(("like", "small")) else f"the loss {said}"
        about = self.mass.value if self.bound is None else self.mass.value.replace("a bound", written(self.bound))
        return f"as {self.y} tends to {written(self.end)}{name} {grows}: the mass there is finite {about}"


def tail(rho: Expr, y: Symbol, end: Expr, facts: Facts, *, from_below: bool = True) -> Tail:
    """The mass of ``exp(-c rho(y))`` near an end.

    Args:
        rho: the loss.
        y: the observation.
        end: a number, ``oo`` or ``-oo``.
        facts: what is known of the constants.
        from_below: whether the observations lie below the end, if that is a number.

    Raises:
        NotShown: if it is not shown how the loss grows.
    """
    t = _variable(rho, facts)
    infinite = end in (S.Infinity, S.NegativeInfinity)
    if infinite:
        at = t if end is S.Infinity else inert.neg(t)
    else:
        if not facts.shows(end, REAL):
            raise NotShown(f"{written(end)} is not known to be a number")
        away = inert.neg(inert.inverse(t)) if from_below else inert.inverse(t)
        at = away if end == ZERO else inert.add(end, away)
    germs = Germs(t, facts)
    growth = germs.growth(substitute(written_out(rho), {y: at}))
    growth = replace(growth, factor=germs.tidy(growth.factor))
    mass, bound = (_far_out if infinite else _near)(germs, growth)
    return Tail(y, end, growth, mass, None if bound is None else germs.tidy(bound))


def _far_out(germs: Germs, g: Growth) -> tuple[Mass, Expr | None]:
    """The integral of ``exp(-c rho(t))`` up to infinity."""
    against = germs.order(g, _LOGARITHM)
    if against > 0:
        if not g.sign:
            raise NotShown("the loss may grow, fall or neither")
        return (Mass.ALWAYS if g.sign > 0 else Mass.NEVER), None
    if against < 0 or g.sign <= 0:
        return Mass.NEVER, None
    return Mass.ABOVE, _one_over(g.factor)


def _near(germs: Germs, g: Growth) -> tuple[Mass, Expr | None]:
    """The integral of ``exp(-c rho) t^(-2)`` up to infinity."""
    against = germs.order(g, _LOGARITHM)
    if against > 0:
        if not g.sign:
            raise NotShown("the loss may grow, fall or neither")
        return (Mass.ALWAYS if g.sign > 0 else Mass.NEVER), None
    if against < 0 or g.sign >= 0:
        return Mass.ALWAYS, None
    return Mass.BELOW, _one_over(-g.factor if isinstance(g.factor, Rational) else inert.neg(g.factor))


def _one_over(e: Expr) -> Expr:
    return 1 / e if isinstance(e, Rational) else inert.inverse(e)


_LOGARITHM = Growth(ONE, 1, logs=Fraction(1))


def _variable(rho: Expr, facts: Facts) -> Symbol:
    taken = free(rho).union(*map(symbols_of, facts.hypotheses))
    t = Symbol("t", real=True)
    return fresh(t, taken) if "t" in {s.name for s in taken} else t


# ------------------------------------------------------------------ in between

#: Functions that are continuous wherever they are defined, and those that are defined everywhere.
_TOTAL = (Add, Mul, Abs, Max, exp, cos, sin, erf, Sigmoid, Softplus)
_CONTINUOUS = (*_TOTAL, log, gamma, digamma)


def is_bounded_inside(rho: Expr, y: Symbol, facts: Facts) -> bool:
    """Whether an expression is bounded on every bounded closed set inside the range of its variable.

    ``facts`` say where the variable runs.  It is if it is built of continuous functions and defined everywhere;
    a function in pieces may be added, multiplied and compared, as it is bounded where its branches are.
    """
    return _is_continuous(rho, y, facts) or _is_bounded(rho, y, facts)


def _is_bounded(e: Expr, y: Symbol, facts: Facts) -> bool:
    if isinstance(e, Where):
        return facts.shows(e.args[0], REAL) and all(_is_bounded(a, y, facts) for a in e.args[1:])
    if _is_continuous(e, y, facts):
        return True
    whole = isinstance(e, Pow) and isinstance(e.exp, Integer) and e.exp >= 0
    return (type(e) in _TOTAL or whole) and all(_is_bounded(a, y, facts) for a in e.args)


def _is_continuous(e: Expr, y: Symbol, facts: Facts) -> bool:
    if not facts.shows(e, REAL) or limits_of(e) is not None:
        return False
    if y not in free(e) or is_leaf(e):
        return True
    if isinstance(e, Pow):
        steady = y not in free(e.exp) or facts.shows(e.base, POSITIVE)
        return steady and _is_continuous(e.base, y, facts) and _is_continuous(e.exp, y, facts)
    if isinstance(e, factorial):
        return False
    return type(e) in _CONTINUOUS and all(_is_continuous(a, y, facts) for a in e.args)


# ------------------------------------------------------------------ certificates


@dataclass(frozen=True)
class _Loss:
    """``exp(-c rho(y))`` over a set, under hypotheses about the constants."""

    rho: Expr
    y: Symbol
    target: Target
    hypotheses: tuple[Hypothesis, ...]
    scale: Expr | None = None

    @cached_property
    def facts(self) -> Facts:
        """What is known of the constants."""
        if any(self.y in symbols_of(h) for h in self.hypotheses):
            raise NotShown(f"a hypothesis speaks of {self.y}")
        return Facts(self.hypotheses)

    def tails(self) -> tuple[Tail, ...]:
        """The mass near each end.

        Raises:
            NotShown: if that of one is not shown.
        """
        return tuple(tail(self.rho, self.y, end, self.facts, from_below=below) for end, below in self.ends())

    def ends(self) -> Iterator[tuple[Expr, bool]]:
        """The ends, each with whether the observations lie below it."""
        if isinstance(self.target, Interval):
            yield self.target.low, False
            yield self.target.high, True
        else:
            yield S.Infinity, True


@dataclass(frozen=True)
class Convergence(_Loss):
    """The mass of ``exp(-c rho(y))`` over the target set is finite, for all values of the constants.

    It exists only if that is shown: for the scale ``c`` that is given, or else for some.

    Raises:
        NotShown: on construction, if it is not.
    """

    def __post_init__(self) -> None:
        rho = written_out(self.rho)
        if isinstance(self.target, Counts):
            bounded = self.facts.under(series(ONE, self.y, ZERO)).shows(rho, REAL)
        else:
            inside = Facts(self.hypotheses, scope=(Between(self.y, self.target.low, self.target.high),))
            bounded = is_bounded_inside(rho, self.y, inside)
        if not bounded:
            raise NotShown(f"{written(self.rho)} is not shown to be bounded between the ends")
        tails = self.tails()
        if self.scale is None:
            if any(t.mass is Mass.NEVER for t in tails):
                raise NotShown("the mass is infinite")
            if {Mass.ABOVE, Mass.BELOW} <= {t.mass for t in tails}:
                raise NotShown("whether there is a scale between the bounds is not known")
        elif not all(t.finite_at(self.scale, self.facts) for t in tails):
            raise NotShown(f"the mass is not shown to be finite for c = {written(self.scale)}")

    @property
    def above(self) -> tuple[Expr, ...]:
        """Bounds above which the scale must lie."""
        return tuple(t.bound for t in self.tails() if t.mass is Mass.ABOVE and t.bound is not None)

    def lines(self) -> Iterator[str]:
        """The certificate in words, so that it can be checked by hand."""
        yield f"{written(self.rho)} is bounded on every bounded closed part of {self.target}"
        yield from map(str, self.tails())

    def __str__(self) -> str:
        return "; ".join(self.lines())


@dataclass(frozen=True)
class Divergence(_Loss):
    """The mass of ``exp(-c rho(y))`` over the target set is infinite, for all values of the constants.

    It exists only if that is shown: for the scale ``c`` that is given, or else for every ``c > 0``.

    Raises:
        NotShown: on construction, if it is not.
    """

    def __post_init__(self) -> None:
        self.tail  # noqa: B018 (it raises)

    @cached_property
    def tail(self) -> Tail:
        """The end near which the mass is infinite."""
        why = "the mass is not shown to be infinite near any end"
        for end, below in self.ends():
            try:
                found = tail(self.rho, self.y, end, self.facts, from_below=below)
            except NotShown as reason:
                why = str(reason)
                continue
            scale = Symbol("c_", positive=True) if self.scale is None else self.scale
            if found.infinite_at(scale, self.facts):
                return found
        raise NotShown(why)

    @cached_property
    def since(self) -> tuple[Fraction, Fraction] | None:
        """``(T, M)`` with ``rho <= M`` beyond ``T``, if all constants are numbers and there are such."""
        end = self.tail.end
        if free(self.rho) != {self.y} or end not in (S.Infinity, S.NegativeInfinity) or not available():
            return None
        numbers = Balls(BITS)
        with numbers.working():
            for power in range(FARTHEST):
                u = Ends(rounded(2**power), float("inf"))
                ray = Ray(rounded(0), 1 if end is S.Infinity else -1, u, Evaluator(Instance({}), numbers), self.y)
                try:
                    most = ray.range(written_out(self.rho)).high
                except LossproofError:
                    continue
                if is_finite(most):
                    shown = int((most * 1000).ceil().unique_fmpz())
                    return Fraction(2**power), Fraction(shown, 1000)
        return None

    @cached_property
    def limit(self) -> tuple[Expr, Expr] | None:
        """``(end, L)`` if ``rho`` tends to ``L`` at one end of the real line, and lies on one side of it everywhere.

        Then no base measure at all makes the mass of ``exp(-c rho(y - f))`` the same number ``C`` for all real
        ``f``, unless ``rho`` is constant.  For as ``f`` grows, or falls, ``exp(-c rho(y - f))`` tends to
        ``exp(-c L)`` for each ``y``.  By Fatou's lemma, or because that is the least value, ``h(R)`` is finite;
        so ``C = exp(-c L) h(R)`` by dominated convergence (Rudin 1987, theorems 1.28 and 1.34).  But ``h > 0``,
        and ``rho`` differs from ``L`` on an interval, so for each ``f`` the mass is less, or greater.

        Where ``rho <= L`` is not bounded from below, ``G = exp(-c rho) - exp(-c L) >= 0`` is not bounded from above;
        then the same is said of ``H(t) = int_t^(t+1) G``.  It is bounded: ``int h(y) G(y - f) dy`` is one number for
        all ``f``, and ``h`` is greater than some number on a set that is not null.  It tends to 0 with ``G``.
        """
        if not isinstance(self.target, Interval) or (self.target.low, self.target.high) != _LINE:
            return None
        inside, rho = Facts(self.hypotheses, scope=(Between(self.y, *_LINE),)), written_out(self.rho)
        if not _is_continuous(rho, self.y, inside):
            return None
        for end in _LINE:
            try:
                growth = tail(rho, self.y, end, self.facts).growth
            except NotShown:
                continue
            if not growth.is_constant:
                continue
            for below, sign in ((inert.sub(growth.factor, rho), 1), (inert.sub(rho, growth.factor), -1)):
                if self._never_negative(below, inside) and self._differs(growth.factor, sign):
                    return end, growth.factor
        return None

    def _never_negative(self, e: Expr, inside: Facts) -> bool:
        """Whether an expression is at least 0 on the whole line; it is if it is with less put for a maximum."""
        germs = Germs(Symbol("t_"), inside)
        return any(inside.shows(form, NONNEGATIVE) for less in _lowered(e) for form in germs.forms(less))

    def _differs(self, limit: Expr, sign: int) -> bool:
        """Whether the loss is less, or greater, than a number at some point."""
        germs = Germs(Symbol("t_"), self.facts)
        for point in (ZERO, ONE, MINUS_ONE):
            try:
                if germs.sign(_folded(inert.sub(limit, substitute(written_out(self.rho), {self.y: point})))) == sign:
                    return True
            except NotShown:
                continue
        return False

    def lines(self) -> Iterator[str]:
        """The certificate in words, so that it can be checked by hand."""
        yield str(self.tail)
        if self.since is not None:
            start, most = self.since
            where = f"{self.y} >= {start}" if self.tail.end is S.Infinity else f"{self.y} <= -{start}"
            least = "1" if most <= 0 else "exp(-c)" if most == 1 else f"exp(-{most} c)"
            yield f"for {where} the loss is at most {most}, so that exp(-c loss) >= {least} there"
        if self.limit is not None:
            end, limit = map(written, self.limit)
            yield (
                f"nor does any other base measure h > 0: as y - f tends to {end} the loss tends to L = {limit}, on one "
                "side of which it lies; the mass would be its limit exp(-c L) h(R), and yet differ from it for every f"
            )

    def to_json(self) -> dict[str, Any]:
        """Plain fields."""
        return {
            "kind": "the total mass is infinite",
            "scale": "every c > 0" if self.scale is None else written(self.scale),
            "base measure": "every one"
            if self.limit is not None
            else "Lebesgue"
            if isinstance(self.target, Interval)
            else "counting",
            "end": written(self.tail.end),
            "lines": list(self.lines()),
        }


_LINE = (S.NegativeInfinity, S.Infinity)


def _lowered(e: Expr, sign: int = 1) -> Iterator[Expr]:
    """The expression, and others that are nowhere greater: of a maximum that is added, one of the two."""
    yield e
    if isinstance(e, Max) and sign > 0:
        yield from e.args
    elif isinstance(e, Add):
        for k, a in enumerate(e.args):
            yield from (inert.add(*e.args[:k], other, *e.args[k + 1 :]) for other in _lowered(a, sign) if other != a)
    elif isinstance(e, Mul) and len(e.args) == 2 and e.args[0] == MINUS_ONE:
        yield from (inert.neg(other) for other in _lowered(e.args[1], -sign) if other != e.args[1])


def _folded(e: Expr) -> Expr:
    """The expression with every part that is made of fractions by arithmetic written as one."""
    if is_leaf(e):
        return e
    if not free(e):
        with suppress(LossproofError, ArithmeticError):
            value = Fraction(evaluate(e, {}, Rationals()))
            return Rational(value.numerator, value.denominator)
    return inert.rebuild(e, [_folded(a) for a in e.args])


def converges(
    rho: Expr, y: Symbol, target: Target, hypotheses: Sequence[Hypothesis] = (), scale: Expr | None = None
) -> Convergence | None:
    """A certificate that the mass of ``exp(-c rho(y))`` is finite, or None if that is not shown.

    >>> from lossproof.recovery.sets import REAL as LINE
    >>> t = Symbol("t", real=True)
    >>> found = converges(inert.log(inert.add(ONE, inert.power(t, Integer(2)))), t, LINE)
    >>> found.above
    (1/2, 1/2)
    """
    try:
        return Convergence(rho, y, target, tuple(hypotheses), scale)
    except NotShown:
        return None


def diverges(
    rho: Expr, y: Symbol, target: Target, hypotheses: Sequence[Hypothesis] = (), scale: Expr | None = None
) -> Divergence | None:
    """A certificate that the mass of ``exp(-c rho(y))`` is infinite, or None if that is not shown."""
    try:
        return Divergence(rho, y, target, tuple(hypotheses), scale)
    except NotShown:
        return None


def loss_of(integrand: Expr) -> Expr:
    """``-log`` of an integrand that is a product of exponentials, powers and others."""
    if type(integrand) is exp:
        inner = integrand.args[0]
        minus = isinstance(inner, Mul) and len(inner.args) == 2 and inner.args[0] == MINUS_ONE
        return inner.args[1] if minus else inert.neg(inner)
    if isinstance(integrand, Mul):
        return inert.add(*map(loss_of, integrand.args))
    if isinstance(integrand, Pow) and not isinstance(integrand, exp):
        return inert.neg(inert.mul(integrand.exp, inert.log(integrand.base)))
    return inert.neg(inert.log(integrand))


def between(mass: Basic) -> tuple[str, str]:
    """Decimal numbers between which a finite mass lies; 0 and oo, if it depends on constants or is not enclosed."""
    parts = of_mass(mass)
    if parts is None or free(mass) or not available():
        return "0", "oo"
    _, variable, target = parts
    try:
        return decimals(enclose(mass.args[0], variable, target))
    except LossproofError:
        return "0", "oo"


def of_mass(mass: Basic) -> tuple[Expr, Symbol, Target] | None:
    """What a total mass is one of: its loss, variable and range, if it is an integral, or a series of counts."""
    limits = limits_of(mass)
    if limits is None or not isinstance(mass, (Integral, Series)):
        return None
    variable, low, high = limits
    if isinstance(mass, Series):
        return (loss_of(mass.args[0]), variable, Counts()) if low == ZERO else None
    return loss_of(mass.args[0]), variable, Interval(low, high)
