"""Proofs that two expressions are equal, by cases where there are kinks.

Both sides are brought to a common form by the rules of the rulebook: sigmoids by their definition,
maxima by absolute values, and what stands between bars or in cases by the sign of the gap.  Where a
sign is not known, the two cases ``0 <= gap`` and ``gap <= 0`` are proved apart; the gap must be known
to be a real number, so that the cases leave nothing out.  Each case is a theorem of the kernel under
the hypothesis that names it.

Untrusted, like every strategy: a wrong guess here fails, and proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations, product
from typing import TypeAlias

from sympy import Abs, Add, Basic, Expr, IndexedBase, Rational, S, Symbol, cancel, expand, factor, together
from sympy import exp as exponential

from lossproof.errors import LossproofError, RuleDoesNotApply, SideConditionError, UnsupportedExpression
from lossproof.kernel.conditions import Declared, Hypothesis
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import NONNEGATIVE, POSITIVE, REAL, Domain, point
from lossproof.kernel.facts import NONPOSITIVE, Facts
from lossproof.notation.inert import ONE, ZERO, add, exp, free, mul, neg, substitute, walk
from lossproof.notation.nodes import Where, meaning
from lossproof.notation.plain import written
from lossproof.recovery.conversion import inert
from lossproof.recovery.text import Names
from lossproof.rulebook import cases, logarithms, sigmoids
from lossproof.strategies.chain import Chain

#: How many case distinctions may stand inside each other, and how many cases there may be in all.
DEEPEST_CASES, MOST_CASES = 5, 40

_DEFINITIONS = (
    sigmoids.LOG_OF_SIGMOID,
    sigmoids.LOG_OF_SIGMOID_COMPLEMENT,
    sigmoids.COMPLEMENT_OF_SIGMOID,
    sigmoids.SOFTPLUS,
    sigmoids.SIGMOID,
    logarithms.LOG_OF_EXP,
    cases.MAXIMUM_AS_ABSOLUTE_VALUE,
)
_BY_SIGN = (
    cases.WHERE_IT_HOLDS,
    cases.WHERE_IT_FAILS,
    cases.ABSOLUTE_VALUE,
    cases.ABSOLUTE_VALUE_OF_NEGATIVE,
)
_REFUSED = (RuleDoesNotApply, SideConditionError, UnsupportedExpression)


def plainly(e: Basic) -> Expr:
    """An ordinary SymPy expression as an inert one, in the same symbols."""
    return inert(e, Names({s.name: s for s in free(e)}))


@dataclass(frozen=True)
class Gap:
    """``gap = factor * primitive``, the primitive the same for all gaps that change sign together."""

    primitive: Expr
    factor: Fraction

    @classmethod
    def of(cls, e: Expr) -> Gap | None:
        """The gap in canonical form, unless it is a number or beyond ordinary SymPy."""
        try:
            value = expand(meaning(e))
            if not value.free_symbols or value.has(S.NaN, S.ComplexInfinity, S.Infinity):
                return None
            content, rest = value.as_content_primitive()
            if not isinstance(content, Rational) or not content:
                return None
            if rest.could_extract_minus_sign():
                content, rest = -content, expand(-rest)
            return cls(plainly(rest), Fraction(int(content.p), int(content.q)))
        except LossproofError:
            return None

    @property
    def factor_exact(self) -> Rational:
        """The factor as a number of SymPy."""
        return Rational(self.factor.numerator, self.factor.denominator)

    @property
    def written(self) -> Expr:
        """The gap as a multiple of its primitive."""
        if self.factor == 1:
            return self.primitive
        if self.factor == -1:
            return neg(self.primitive)
        return mul(self.factor_exact, self.primitive)


def kinks(e: Expr) -> Iterator[Expr]:
    """What stands between bars or decides between cases, where there is no such thing inside it."""
    for part in walk(e):
        if isinstance(part, (Abs, Where)) and not any(isinstance(p, (Abs, Where)) for p in walk(part.args[0])):
            yield part


def reduced(chain: Chain) -> Chain:
    """Write the expression reached with fewer kinds of nodes, and fewer cases where the signs are known."""
    for _ in range(60):
        before = chain.here
        chain.exhaust(*_DEFINITIONS)
        _oriented(chain)
        chain.exhaust(*_BY_SIGN)
        if chain.here == before:
            break
    _balanced(chain)
    return chain


def _oriented(chain: Chain) -> None:
    """Write gaps so that their signs are seen: as multiples of what the hypotheses speak of, and sums of such."""
    for kink in list(kinks(chain.here)):
        old, gap = kink.args[0], Gap.of(kink.args[0])
        form = _number(old) if gap is None else signed(gap, chain.facts)
        if form is not None and form != old and kink in walk(chain.here):
            with suppress(*_REFUSED):
                chain.algebra(form, at=lambda e, old=old: e == old)  # type: ignore[misc]


def _number(e: Expr) -> Rational | None:
    """The fraction that an expression is."""
    with suppress(LossproofError):
        value = expand(meaning(e))
        return value if isinstance(value, Rational) else None
    return None


def signed(gap: Gap, facts: Facts) -> Expr:
    """The gap in a form whose sign the facts show, if there is one: with gaps of known sign taken out of it."""
    if _has_sign(gap.written, facts):
        return gap.written
    known = [h.term for h in facts.hypotheses if isinstance(h, Declared) and isinstance(h.term, Add)]
    value = gap.factor_exact * meaning(gap.primitive)
    for count in (1, 2):
        for some in combinations(known, count):
            for factors in product((1, -1), repeat=count):
                parts = list(zip(factors, some, strict=True))
                rest = expand(value - sum(k * meaning(e) for k, e in parts))
                if len(rest.free_symbols) >= len(value.free_symbols):
                    continue
                pieces = [e if k == 1 else neg(e) for k, e in parts]
                form = add(*pieces, plainly(rest)) if rest != 0 or len(pieces) > 1 else pieces[0]
                if rest == 0 and len(pieces) > 1:
                    form = add(*pieces)
                if _has_sign(form, facts):
                    return form
    return gap.written


def _has_sign(e: Expr, facts: Facts) -> bool:
    return any(facts.shows(e, side) for side in (NONNEGATIVE, NONPOSITIVE))


def _balanced(chain: Chain) -> None:
    """``exp(p) + exp(q) = exp(p) (1 + exp(q - p))`` where ``q - p`` has no minus sign, so that all forms become one."""
    for part in list(walk(chain.here)):
        if not isinstance(part, Add) or len(part.args) != 2:
            continue
        exponents = [_exponent(a) for a in part.args]
        if None in exponents:
            continue
        first, second = (meaning(e) for e in exponents if e is not None)
        apart = expand(second - first)
        if apart.could_extract_minus_sign():
            first, apart = second, -apart
        if first == 0 or apart == 0:
            continue
        to = mul(exp(plainly(first)), add(ONE, exp(plainly(expand(apart)))))
        with suppress(*_REFUSED):
            chain.laws(to, at=lambda e, old=part: e == old)  # type: ignore[misc]


def _exponent(e: Expr) -> Expr | None:
    """What an exponential is the exponential of; 1 is one of 0."""
    if e is S.One:
        return ZERO
    return e.args[0] if type(e) is exponential else None


@dataclass(frozen=True)
class Case:
    """One case of an equation: a derivation under the hypotheses that name the case.

    Attributes:
        derivation: what is proved.
        at: where the case is that a gap is 0, the symbol that this fixes, and what it is.
    """

    derivation: Derivation
    at: tuple[tuple[Symbol, Expr], ...] = ()


#: What is tried in each case, with what was reached from each expression.
Attempt: TypeAlias = Callable[[list[Chain]], Derivation | None]


@dataclass
class Prover:
    """Looks for proofs of equations under hypotheses, and keeps account of what was tried."""

    name: str = "equal"
    title: str = ""
    parameters: tuple[IndexedBase, ...] = ()
    tried: list[str] = field(default_factory=list)
    made: int = 0

    def equation(self, a: Expr, b: Expr, hypotheses: tuple[Hypothesis, ...]) -> tuple[Case, ...]:
        """Proofs of ``a = b``, one for each case; none if it was not found.

        Each case adds hypotheses on signs; together the cases leave nothing out.
        """
        self.made = 0
        return self._proved((a, b), lambda chains: _joined(*chains), hypotheses, 0) or ()

    def member(self, e: Expr, domain: Domain, hypotheses: tuple[Hypothesis, ...]) -> tuple[Case, ...]:
        """Proofs that an expression lies in a set, one for each case; none if it was not found."""
        self.made = 0
        return self._proved((e,), lambda chains: _claimed(chains[0], domain), hypotheses, 0) or ()

    def _proved(
        self, start: tuple[Expr, ...], attempt: Attempt, hypotheses: tuple[Hypothesis, ...], depth: int
    ) -> tuple[Case, ...] | None:
        self.made += 1
        chains = [reduced(Chain(self.name, hypotheses, self.parameters, e, self.title)) for e in start]
        reached = [chain.here for chain in chains]
        whole = attempt(chains)
        if whole is not None:
            return (Case(whole),)
        gap, sides = self._choice(reached, hypotheses)
        if gap is None:
            self.tried.append(" = ".join(f"{written(e):.200}" for e in reached) + " by the laws of algebra")
            return None
        if depth == DEEPEST_CASES or self.made > MOST_CASES:
            self.tried.append(f"more than {MOST_CASES} cases")
            return None
        found: list[Case] = []
        for side in sides:
            if side == point(0):
                inner = self._at_zero(start, attempt, gap, hypotheses, depth)
            else:
                inner = self._proved(start, attempt, (*hypotheses, Declared(gap, side)), depth + 1)
            if inner is None:
                return None
            found.extend(inner)
        return tuple(found)

    def _at_zero(
        self, start: tuple[Expr, ...], attempt: Attempt, gap: Expr, hypotheses: tuple[Hypothesis, ...], depth: int
    ) -> tuple[Case, ...] | None:
        """The case that a gap is 0, which fixes one of its symbols."""
        for s in sorted(free(gap), key=str):
            slope = meaning(gap).diff(s)
            if not isinstance(slope, Rational) or not slope or not all(isinstance(h, Declared) for h in hypotheses):
                continue
            value = {s: plainly(expand(s - meaning(gap) / slope))}
            said = tuple(
                Declared(substitute(h.term, value), h.domain, h.ranges) for h in hypotheses if isinstance(h, Declared)
            )
            with suppress(UnsupportedExpression):
                inner = self._proved(tuple(substitute(e, value) for e in start), attempt, said, depth + 1)
                if inner is not None:
                    return tuple(Case(c.derivation, ((s, value[s]), *c.at)) for c in inner)
        self.tried.append(f"the case {written(gap)} = 0")
        return None

    def _choice(
        self, reached: Sequence[Expr], hypotheses: tuple[Hypothesis, ...]
    ) -> tuple[Expr | None, tuple[Domain, ...]]:
        """A gap whose sign is not known, and the cases of it."""
        facts = Facts(hypotheses)
        open_kinks = [(k, Gap.of(k.args[0])) for e in reached for k in kinks(e)]
        for _, gap in open_kinks:
            if gap is None or not facts.shows(gap.primitive, REAL):
                continue
            same = [(k, g) for k, g in open_kinks if g is not None and g.primitive == gap.primitive]
            signs = {1 if g.factor > 0 else -1 for k, g in same if type(k) is Where}
            if len(signs) > 1:
                sides: tuple[Domain, ...] = (POSITIVE, point(0), -POSITIVE)
            elif signs == {1}:
                sides = (NONNEGATIVE, -POSITIVE)
            else:
                sides = (POSITIVE if signs else NONNEGATIVE, NONPOSITIVE)
            if not any(facts.shows(gap.primitive, side) for side in sides):
                return gap.primitive, sides
        return None, ()


def _joined(left: Chain, right: Chain) -> Derivation | None:
    """The chain from the start of one to the start of the other, if their ends are equal by the laws."""
    if left.here != right.here:
        try:
            left.laws(right.here)
        except _REFUSED:
            return None
    if right.steps:
        try:
            left.cite(right.done(), reverse=True)
        except _REFUSED:
            return None
    return left.done()


def _claimed(chain: Chain, domain: Domain) -> Derivation | None:
    """The chain to a form of its end that is seen to lie in a set."""
    for form in _forms(chain.here, chain.facts):
        if chain.facts.shows(form, domain):
            with suppress(*_REFUSED):
                if form != chain.here:
                    chain.laws(form)
                return chain.done(claim=domain)
    return None


def _forms(e: Expr, facts: Facts) -> Iterator[Expr]:
    """An expression written in ways in which its sign may be seen: in factors, and by the gaps whose sign is known."""
    yield e
    with suppress(LossproofError, ArithmeticError, AttributeError, TypeError):
        value = meaning(e)
        for form in (factor(value), factor(cancel(together(value))), expand(value)):
            yield plainly(form)
        for h in facts.hypotheses:
            if not isinstance(h, Declared) or not isinstance(h.term, Add) or not h.domain.nonzero:
                continue
            sign, gap = (1 if h.domain.within(POSITIVE) else -1), meaning(h.term)
            for s in sorted(gap.free_symbols, key=str):
                slope = gap.diff(s)
                if isinstance(slope, Rational) and slope:
                    size = Symbol("size_of_gap", positive=True)
                    by_size = expand(value.subs(s, s + (sign * size - gap) / slope))
                    term = h.term if sign == 1 else neg(h.term)
                    for form in (by_size, factor(by_size)):
                        yield substitute(plainly(form), {size: term})


def shown(e: Expr, domain: Domain, hypotheses: Sequence[Hypothesis]) -> bool:
    """Whether an expression is known to lie in a set."""
    return Facts(hypotheses).shows(e, domain)


def sum_of(constant: Expr, factor: Expr, e: Expr) -> Expr:
    """``constant + factor * e``, without what is 0 or 1."""
    multiple = e if factor == ONE else mul(factor, e)
    return multiple if constant == ZERO else add(constant, multiple)
