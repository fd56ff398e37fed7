"""The name of a density, given only if the kernel proves that it is the density of that name.

`search` proposes parameters; numbers at a few points weed out what is wrong; what remains is proved by the laws of
powers and logarithms, for every observation and prediction in their sets, or it is no name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Expr, IndexedBase, Integer, Piecewise, Rational, S, Symbol, factorial, gamma, pi
from sympy import nan as not_a_number
from sympy import zoo as infinity

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Declared, Hypothesis, Labelled, Range
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import Domain
from lossproof.kernel.facts import Facts
from lossproof.notation.inert import (
    ONE,
    add,
    exp,
    free,
    gamma_function,
    inverse,
    is_leaf,
    log,
    mul,
    rebuild,
    substitute,
    total,
    walk,
)
from lossproof.notation.nodes import Name as NamedPart
from lossproof.recovery.portrait.families import (
    CIRCLE,
    CIRCULAR_FAMILIES,
    COUNT_FAMILIES,
    POSITIVE_FAMILIES,
    REAL_FAMILIES,
    UNIT_FAMILIES,
    Family,
    bernoulli,
    binomial,
    categorical,
    pareto,
    shifted,
    uniform_between,
    uniform_on,
)
from lossproof.recovery.portrait.numbers import Curve
from lossproof.recovery.portrait.search import SEARCHES, Logarithm
from lossproof.recovery.portrait.writing import FAILURES, shown, tidy
from lossproof.recovery.sets import (
    COUNTS,
    POSITIVE,
    REAL,
    UNIT,
    Finite,
    Interval,
    Labels,
    Set,
    Simplex,
    Vectors,
    labels,
)
from lossproof.rulebook import cases, logarithms, maxima, sigmoids, special
from lossproof.strategies.chain import Chain

#: Numbers of the same density may differ by rounding by this factor and no more.
_CLOSE = 1e-8


@dataclass(frozen=True)
class Name:
    """A distribution that a density is proved to be.

    Attributes:
        family: its name.
        parameters: what its parameters are, in terms of the predictions and the constants.
        source: where else the distribution is found.
        derivations: that the density is the one of that name: one derivation, or one for each outcome.
        kind: everything known of the family.
    """

    family: str
    parameters: Mapping[str, Expr]
    source: str
    derivations: tuple[Derivation, ...]
    kind: Family = field(repr=False, compare=False)

    def __str__(self) -> str:
        inside = ", ".join(f"{name} = {shown(value)}" for name, value in self.parameters.items())
        return f"{self.family}({inside})" + (f" of {self.kind.of}" if self.kind.of else "")


@dataclass(frozen=True)
class Subject:
    """A density, and what is known of everything in it.

    Attributes:
        density: inert, normalised.
        y: the observation.
        target: where it lies.
        predictions: each with the set that it lies in.
        constants: what is declared of the constants.
    """

    density: Expr
    y: Symbol
    target: Set
    predictions: tuple[tuple[Symbol | IndexedBase, Set], ...]
    constants: tuple[Declared, ...]

    def hypotheses(self, *, observed: bool = True) -> tuple[Hypothesis, ...]:
        """Predictions and constants in their domains; the observation too, if asked for.

        Of an interval the observation is in the open one, for an end of it has no mass.
        """
        opened = Interval(self.target.low, self.target.high) if isinstance(self.target, Interval) else self.target
        known = [(self.y, opened)] if observed else []
        said = (_said(v, where) for v, where in (*known, *self.predictions))
        return (*(h for h in said if h is not None), *self.constants)

    @property
    def facts(self) -> Facts:
        """What is known of them."""
        return Facts(self.hypotheses())


#: Where a predicted share of a class lies: it is positive, and 1 if there is one class only.
_SHARE = Domain(Fraction(0), Fraction(1), False, True)


def _said(v: Symbol | IndexedBase, where: Set) -> Hypothesis | None:
    """Where a number, or every element of a vector, lies, as far as the kernel has words for it."""
    if isinstance(where, Labels):
        return Labelled(v, ONE, where.high)
    if isinstance(where, (Simplex, Vectors)):
        k = Symbol("k", integer=True)
        domain = _SHARE if isinstance(where, Simplex) else getattr(where.of, "domain", None)
        return None if domain is None else Declared(v[k], domain, (Range(k, ONE, where.size),))
    domain = getattr(where, "domain", None)
    return None if domain is None else Declared(v, domain)


def name_of(subject: Subject) -> Name | None:
    """The distribution that a density is proved to be, or None."""
    if isinstance(subject.target, (Labels, Finite)) and isinstance(subject.predictions[0][1], (Vectors, Simplex)):
        return _class(subject)
    check = _Check(subject)
    for family, parameters in _proposals(subject):
        if len(parameters) != len(family.parameters) or not all(map(_is_number, parameters)):
            continue
        if any(subject.y in free(p) for p in parameters) or not check.agrees(family, parameters):
            continue
        proofs = prove(subject, family, parameters)
        if proofs is not None:
            values = dict(zip(family.parameters, parameters, strict=True))
            return Name(family.name, values, family.source, proofs, family)
    return None


def _class(subject: Subject) -> Name | None:
    """The softmax of scores, or the shares themselves."""
    (f, where), *others = subject.predictions
    target = subject.target
    assert isinstance(where, (Vectors, Simplex))
    high = (
        target.high
        if isinstance(target, Labels)
        else Integer(len(target.outcomes))
        if isinstance(target, Finite)
        else ONE
    )
    if others or high != where.size or (isinstance(target, Finite) and target != labels(high)):
        return None
    taken = {s.name for s in free(subject.density)} | {subject.y.name}
    k, j = (Symbol(letter, integer=True) for letter in [c for c in "kjilmn" if c not in taken][:2])
    family = categorical(ONE, high)
    if isinstance(target, Labels):
        partition = total(exp(f[j]), j, ONE, high)
    else:
        partition = add(*(exp(f[c]) for c in range(1, int(high) + 1)))
    for chance in (f[k],) if isinstance(where, Simplex) else (mul(exp(f[k]), inverse(partition)),):
        every = replace(family, density=lambda y, p, chance=chance: substitute(chance, {k: y}))
        proofs = prove(subject, every, (chance,))
        if proofs is not None:
            return Name(family.name, {f"p_{k.name}": chance}, family.source, proofs, every)
    return None


def _is_number(e: Expr) -> bool:
    return not e.has(Piecewise, S.ImaginaryUnit, not_a_number, infinity, S.Infinity, S.NegativeInfinity)


# ------------------------------------------------------------------ proposals


def _proposals(subject: Subject) -> Iterator[tuple[Family, tuple[Expr, ...]]]:
    """Families with the parameters that they would need."""
    target = subject.target
    # SymPy simplifies roots and powers of numbers that it knows to be positive
    positive = {f: Symbol(f.name, positive=True) for f, where in subject.predictions if _is_positive(where)}
    back = {v: k for k, v in positive.items()}
    log_density = Logarithm(substitute(subject.density, positive), subject.y)
    for family, found in _found(subject, log_density, target):
        yield family, tuple(p.xreplace(back) for p in found)


def _is_positive(where: Set) -> bool:
    return isinstance(where, Interval) and where.low.is_nonnegative and not (where.low_closed and where.low == 0)


def _found(subject: Subject, log_density: Logarithm, target: Set) -> Iterator[tuple[Family, tuple[Expr, ...]]]:
    if isinstance(target, Finite):
        yield from _of_finite(log_density, target)
        return
    families: tuple[Family, ...] = ()
    if target == COUNTS:
        families = COUNT_FAMILIES
    elif isinstance(target, Interval):
        yield from _of_interval(log_density, target)
        families = _on(target)
    for family in families:
        for found in _tried(family, log_density):
            yield family, found


def _tried(family: Family, log_density: Logarithm) -> Iterator[tuple[Expr, ...]]:
    """What the search for a family finds before SymPy fails, if it does."""
    try:
        yield from SEARCHES[family.name](log_density)
    except FAILURES:
        return


def _on(target: Interval) -> tuple[Family, ...]:
    """The families on an interval; whether an end belongs to it does not matter to a density."""
    opened = Interval(target.low, target.high)
    if opened == Interval(-pi, pi):
        return CIRCULAR_FAMILIES
    return {REAL: REAL_FAMILIES, POSITIVE: POSITIVE_FAMILIES, UNIT: UNIT_FAMILIES}.get(opened, ())


def _of_finite(log_density: Logarithm, target: Finite) -> Iterator[tuple[Family, tuple[Expr, ...]]]:
    outcomes = target.outcomes
    yield uniform_on(outcomes), ()
    if len(outcomes) == 2:
        low, high = sorted(outcomes)
        yield bernoulli((low, high)), (log_density.height(high),)
    elif sorted(outcomes) == list(range(len(outcomes))):
        n = len(outcomes) - 1
        odds = log_density.ratio(S.One, S.Zero) / n
        yield binomial(n), (Integer(n), tidy(odds / (1 + odds)))


def _of_interval(log_density: Logarithm, target: Interval) -> Iterator[tuple[Family, tuple[Expr, ...]]]:
    low, high = target.low, target.high
    if low.is_finite and high.is_finite:
        yield uniform_between(low, high), (low, high)
    if high is not S.Infinity or not low.is_finite:
        return
    if low.is_positive:
        yield pareto(low), (low, -1 - log_density.slope(S.One))
    if low != 0:
        moved = Logarithm(substitute(log_density.density, {log_density.y: log_density.y + low}), log_density.y)
        for family in POSITIVE_FAMILIES:
            for found in _tried(family, moved):
                yield shifted(family, -low), found


# ------------------------------------------------------------------ numbers first


class _Check:
    """Whether a proposal agrees with the density in numbers; where they cannot be computed it does not."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.places = np.array(_places(subject.target)[:5], dtype=float)
        if isinstance(subject.target, Finite):
            self.places = np.array([float(k) for k in subject.target.outcomes])
        self.settings = [self._setting(k) for k in range(2)]
        self._known: list[Any] | None = None

    def agrees(self, family: Family, parameters: tuple[Expr, ...]) -> bool:
        """At a few observations, predictions and constants."""
        try:
            if self._known is None:
                self._known = [Curve(self.subject.density, self.subject.y, s)(self.places) for s in self.settings]
            for setting, known in zip(self.settings, self._known, strict=True):
                if isinstance(self.subject.target, Finite):
                    found = np.array(
                        [
                            Curve(family.density(k, *parameters), self.subject.y, setting)(np.zeros(1))[0]
                            for k in self.subject.target.outcomes
                        ]
                    )
                else:
                    found = Curve(family.density(self.subject.y, *parameters), self.subject.y, setting)(self.places)
                if not np.allclose(found, known, rtol=_CLOSE, atol=0.0):
                    return False
        except FAILURES:
            return False
        return True

    def _setting(self, nth: int) -> dict[str, float]:
        """Numbers for predictions and constants, in their sets."""
        found: dict[str, float] = {}
        named = [(s, where) for s, where in self.subject.predictions]
        for s, where in named:
            found[s.name] = _places(where)[nth + 1]
        for k, h in enumerate(self.subject.constants):
            if isinstance(h.term, Symbol):
                found[h.term.name] = _inside(h.domain, k + 2 * nth)
        for s in sorted(free(self.subject.density) - {self.subject.y}, key=str):
            found.setdefault(s.name, 0.7 + 0.4 * nth)
        return found


def _places(where: Set) -> list[float]:
    """A few numbers of a set."""
    if isinstance(where, Finite):
        return [float(k) for k in where.outcomes] * 3
    if isinstance(where, Interval):
        low, high = float(where.low), float(where.high)
        if np.isfinite(low) and np.isfinite(high):
            return [low + (high - low) * t for t in (0.17, 0.41, 0.66, 0.89)]
        if np.isfinite(low):
            return [low + t for t in (0.3, 0.8, 1.7, 3.1)]
        if np.isfinite(high):
            return [high - t for t in (0.3, 0.8, 1.7, 3.1)]
        return [-1.3, 0.4, 0.9, 2.2]
    return [0.0, 1.0, 2.0, 3.0, 5.0]


def _inside(domain: Domain, nth: int) -> float:
    """A number of a domain."""
    share = (0.31, 0.57, 0.73, 0.22)[nth % 4]
    low, high = float(domain.low), float(domain.high)
    if np.isfinite(low) and np.isfinite(high):
        return low + (high - low) * share
    value = low + 0.5 + share if np.isfinite(low) else high - 0.5 - share if np.isfinite(high) else share
    return float(round(value) + 1) if domain.integer else value


# ------------------------------------------------------------------ then proofs


def prove(subject: Subject, family: Family, parameters: tuple[Expr, ...]) -> tuple[Derivation, ...] | None:
    """Derivations that the density is that of the family, for every observation; None if there are none."""
    if isinstance(subject.target, Finite):
        found: list[Derivation] = []
        hypotheses = subject.hypotheses(observed=False)
        for outcome in subject.target.outcomes:
            start = substitute(subject.density, {subject.y: outcome})
            one = _equal(start, family.density(outcome, *parameters), hypotheses)
            if one is None:
                return None
            found.append(one)
        return tuple(found)
    for density in (family.density, family.also):
        if density is not None:
            one = _equal(subject.density, density(subject.y, *parameters), subject.hypotheses())
            if one is not None:
                return (one,)
    return None


_UNFOLDING = (
    cases.WHERE_IT_HOLDS,
    cases.WHERE_IT_FAILS,
    special.FACTORIAL_AS_GAMMA,
    sigmoids.COMPLEMENT_OF_SIGMOID,
    sigmoids.SIGMOID,
    sigmoids.SOFTPLUS,
    maxima.MAXIMUM_AS_ABSOLUTE_VALUE,
)


def equal(start: Expr, end: Expr, hypotheses: tuple[Hypothesis, ...]) -> Derivation | None:
    """A derivation of ``start = end`` by the laws of powers and logarithms, or None."""
    return _equal(start, end, hypotheses)


def _equal(start: Expr, end: Expr, hypotheses: tuple[Hypothesis, ...]) -> Derivation | None:
    for target in dict.fromkeys((_with_gammas(end), _with_known_gammas(end))):
        for attempt in (_directly, _by_logarithms):
            try:
                chain = Chain("recovered-density", hypotheses, (), start, "The density, as it is known by name")
                for named in {e.head: e for e in walk(start) if isinstance(e, NamedPart)}.values():
                    chain.unfold(named.definition)
                chain.exhaust(*_UNFOLDING)
                found = attempt(chain, target).done()
                if found.theorem.right == target:  # the kernel has replayed it
                    return found
            except LossproofError:
                continue
    return None


def _directly(chain: Chain, target: Expr) -> Chain:
    return chain if chain.here == target else chain.laws(target)


def _by_logarithms(chain: Chain, target: Expr) -> Chain:
    chain.at_root(logarithms.AS_EXP_OF_LOG)
    return chain.laws(exp(log(target))).at_root(logarithms.EXP_OF_LOG)


def _with_gammas(e: Expr) -> Expr:
    """Factorials as gamma functions."""
    if isinstance(e, factorial):
        return gamma_function(add(_with_gammas(e.args[0]), ONE))
    return e if is_leaf(e) else rebuild(e, [_with_gammas(a) for a in e.args])


def _with_known_gammas(e: Expr) -> Expr:
    """Factorials and gamma functions of small whole and half numbers by their values."""
    if isinstance(e, factorial):
        return _with_known_gammas(gamma_function(add(e.args[0], ONE)))
    if isinstance(e, gamma) and isinstance(e.args[0].doit(), Rational):
        at = Fraction(int(e.args[0].doit().p), int(e.args[0].doit().q))
        if 0 < at <= 20 and at.denominator <= 2:
            return gamma(e.args[0].doit())
    return e if is_leaf(e) else rebuild(e, [_with_known_gammas(a) for a in e.args])


__all__ = ["CIRCLE", "Name", "Subject", "equal", "name_of", "prove"]
