"""Which parameters a family would need to have a given density: a search, of which nothing is believed.

Minus what depends on the family, the parameters are read off the logarithm of the density: where an absolute
value or a square vanishes, how fast the logarithm falls there, what its slopes at a few points are.  A wrong
answer does no harm, for `naming` proves or drops it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

from sympy import (
    Abs,
    Add,
    Dummy,
    Expr,
    Function,
    Integer,
    Mul,
    Pow,
    Rational,
    S,
    Symbol,
    diff,
    expand_func,
    expand_mul,
    gamma,
    pi,
    preorder_traversal,
    sqrt,
)
from sympy import exp as exponential
from sympy import log as logarithm

from lossproof.notation.inert import is_leaf
from lossproof.notation.nodes import Name, Sigmoid, Softplus, meaning
from lossproof.recovery.portrait.writing import tidy

Found = Iterator[tuple[Expr, ...]]

#: At how many places the centre of a distribution is tried.
MOST_PLACES = 8


class Logarithm:
    """The logarithm of a density as an ordinary SymPy expression of ``y``."""

    def __init__(self, density: Expr, y: Symbol) -> None:
        self.density, self.y = density, y
        self.value = expand_mul(log_of(density), deep=False)

    def at(self, place: Expr) -> Expr:
        """The logarithm of the density at a place."""
        return self.value.subs(self.y, place)

    def slope(self, place: Expr, order: int = 1) -> Expr:
        """A derivative of the logarithm at a place."""
        return tidy(diff(self.value, self.y, order).subs(self.y, place))

    def ratio(self, above: Expr, below: Expr) -> Expr:
        """What the density is at one place, divided by what it is at another."""
        found = exponential(expand_mul(self.at(above) - self.at(below), deep=False))
        return tidy(found.replace(gamma, lambda a: expand_func(gamma(a))))

    def height(self, place: Expr) -> Expr:
        """The density at a place."""
        return tidy(exponential(expand_mul(self.at(place), deep=False)))

    @cached_property
    def places(self) -> tuple[Expr, ...]:
        """Where a part that is linear in ``y`` vanishes, or a part that is quadratic has its vertex."""
        return _vanishing(meaning(self.density), self.y)

    @cached_property
    def centres_in_logarithm(self) -> tuple[Expr, ...]:
        """The same in ``log y``."""
        t = Dummy("t", real=True)
        return _vanishing(meaning(self.density).subs(logarithm(self.y), t), t)


def _vanishing(e: Expr, y: Symbol) -> tuple[Expr, ...]:
    found: dict[Expr, None] = {}
    for part in preorder_traversal(e):
        if len(found) == MOST_PLACES:
            break
        if not isinstance(part, (Add, Mul, Symbol)) or y not in part.free_symbols:
            continue
        if part.has(Abs, Pow, Function) and not part.is_polynomial(y):
            continue
        slope = diff(part, y)
        if y in slope.free_symbols:
            part, slope = slope, diff(slope, y)
        if y not in slope.free_symbols and slope != 0:
            found.setdefault(tidy(-part.subs(y, 0) / slope))
    return tuple(found)


def log_of(e: Expr) -> Expr:
    """The logarithm of an inert expression, as if all its factors were positive."""
    if isinstance(e, Name):
        return log_of(e.body)
    if isinstance(e, Mul):
        return Add(*map(log_of, e.args))
    if isinstance(e, exponential):
        return meaning(e.args[0])
    if isinstance(e, Pow):
        return meaning(e.exp) * log_of(e.base)
    if isinstance(e, Sigmoid):
        return -logarithm(1 + exponential(-meaning(e.args[0])))
    plain = meaning(e)
    if not is_leaf(plain) and isinstance(plain, (Mul, Pow, exponential)) and not isinstance(e, Softplus):
        return log_of(plain)
    return logarithm(plain)


# ------------------------------------------------------------------ one search for each family


def _by_height(constant: Expr) -> Callable[[Logarithm], Found]:
    """Location and scale: the density at its centre is ``constant / scale``."""

    def search(log: Logarithm) -> Found:
        for m in log.places:
            yield m, constant / log.height(m)

    return search


def _normal(log: Logarithm) -> Found:
    curvature = -log.slope(S.Zero, 2)
    if curvature != 0:
        yield tidy(log.slope(S.Zero) / curvature), _root(1 / curvature)


def _root(e: Expr) -> Expr:
    """The square root of what is positive."""
    return sqrt(tidy(e))


def _asymmetric_laplace(log: Logarithm) -> Found:
    for m in log.places:
        above, below = (tidy(expand_mul(log.at(m) - log.at(m + k))) for k in (1, -1))
        if above + below != 0:
            yield m, tidy(1 / (above + below)), tidy(above / (above + below))


def _student(log: Logarithm) -> Found:
    for m in log.places:
        one, two = (tidy(-t / log.slope(m + t)) for t in (1, 2))
        n = tidy(3 / (two - one) - 1)
        yield n, m, _root((one * (n + 1) - 1) / n)


def _log_logistic(log: Logarithm) -> Found:
    # y L' = -1 - k + 2 k / (1 + u) with u = (y / a)^k, of which the slope in log y is -2 k^2 u / (1 + u)^2.
    y = log.y
    relative = y * diff(log.value, y)
    at_one = tidy(relative.subs(y, 1))  # -1 - k (u - 1) / (u + 1)
    bend = tidy((y * diff(relative, y)).subs(y, 1))
    k = _root((at_one + 1) ** 2 - 2 * bend)
    share = (k + at_one + 1) / (2 * k)  # 1 / (1 + u) at y = 1
    yield tidy(1 / share - 1) ** (-1 / k), k


def _general(log: Logarithm) -> Found:
    # t L' = -k (t / a)^k at a distance t above the centre, of which the slope in log t is k times that.
    for m in log.places:
        first, second = log.slope(m + 1), log.slope(m + 1, 2)
        k = tidy(1 + second / first)
        yield m, tidy(-k / first) ** (1 / k), k


def _log_laplace(log: Logarithm) -> Found:
    # y L' = -1 - 1/b above the median, -1 + 1/b below it
    y = log.y
    for place in log.centres_in_logarithm:
        above = tidy((y * diff(log.value, y)).subs(y, exponential(place + 1)))
        yield place, tidy(-1 / (above + 1))


def _von_mises(log: Logarithm) -> Found:
    for m in log.places:
        yield m, tidy(expand_mul(log.at(m) - log.at(m + pi)) / 2)


def _exponential(log: Logarithm) -> Found:
    yield (-log.slope(S.One),)


def _gamma(log: Logarithm) -> Found:
    one, two = log.slope(S.One), log.slope(Integer(2))
    k = tidy(1 + 2 * (one - two))
    yield k, tidy(1 / (k - 1 - one))


def _inverse_gamma(log: Logarithm) -> Found:
    # L' = -(a + 1) / y + b / y^2
    one, two = log.slope(S.One), log.slope(Integer(2))
    b = tidy(2 * (one - 2 * two))
    yield tidy(b - one - 1), b


def _inverse_gaussian(log: Logarithm) -> Found:
    one, two = log.slope(S.One) + Rational(3, 2), log.slope(Integer(2)) + Rational(3, 4)
    c = tidy((one - two) * Rational(8, 3))
    yield _root(c / (c - 2 * one)), c


def _weibull(log: Logarithm) -> Found:
    # y L' = k - 1 - k u with u = (y / a)^k, of which the slope in log y is -k^2 u.
    y = log.y
    falling = -tidy((y * diff(y * diff(log.value, y), y)).subs(y, 1))
    bend = -tidy((y * diff(y * diff(y * diff(log.value, y), y), y)).subs(y, 1))
    k = tidy(bend / falling)
    yield tidy(falling / k**2) ** (-1 / k), k


def _log_normal(log: Logarithm) -> Found:
    # y L' = -1 - (log y - m) / s^2
    y = log.y
    relative = y * diff(log.value, y)
    precision = -tidy((y * diff(relative, y)).subs(y, 1))
    yield tidy((relative.subs(y, 1) + 1) / precision), _root(1 / precision)


def _half_normal(log: Logarithm) -> Found:
    yield (_root(-1 / log.slope(S.One)),)


def _beta(log: Logarithm) -> Found:
    # L' = (a - 1) / y - (b - 1) / (1 - y)
    half, quarter = log.slope(Rational(1, 2)) / 2, log.slope(Rational(1, 4)) / 4
    below = tidy((quarter - half) * Rational(3, 2))
    yield tidy(below + half + 1), tidy(below + 1)


def _poisson(log: Logarithm) -> Found:
    yield (log.ratio(S.One, S.Zero),)


def _geometric(log: Logarithm) -> Found:
    yield (tidy(1 - log.ratio(S.One, S.Zero)),)


def _negative_binomial(log: Logarithm) -> Found:
    # the ratios are r q and (r + 1) q / 2
    first, second = log.ratio(S.One, S.Zero), log.ratio(Integer(2), S.One)
    q = tidy(2 * second - first)
    yield tidy(first / q), tidy(1 - q)


SEARCHES: dict[str, Callable[[Logarithm], Found]] = {
    "Normal": _normal,
    "Laplace": _by_height(Rational(1, 2)),
    "AsymmetricLaplace": _asymmetric_laplace,
    "StudentT": _student,
    "Cauchy": _by_height(1 / pi),
    "Logistic": _by_height(Rational(1, 4)),
    "HyperbolicSecant": _by_height(1 / pi),
    "Gumbel": _by_height(exponential(-1)),
    "GumbelMinimum": _by_height(exponential(-1)),
    "GeneralizedNormal": _general,
    "VonMises": _von_mises,
    "Exponential": _exponential,
    "Gamma": _gamma,
    "InverseGamma": _inverse_gamma,
    "InverseGaussian": _inverse_gaussian,
    "Weibull": _weibull,
    "LogNormal": _log_normal,
    "LogLogistic": _log_logistic,
    "LogLaplace": _log_laplace,
    "HalfNormal": _half_normal,
    "Beta": _beta,
    "Poisson": _poisson,
    "Geometric": _geometric,
    "NegativeBinomial": _negative_binomial,
}
