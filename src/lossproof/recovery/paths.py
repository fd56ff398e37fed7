"""The search for a path along which the total mass cannot stay the same.

Nothing here is trusted: what it finds, the certificates of `lossproof.recovery.vanishing` judge.  A stock of
paths to the ends of the sets of predictions is tried.  Along a path the loss is written as a sum of terms
``C(y) v(s)``; terms that cannot be negative stay, bounded ones are raised by their least value, and the kernel
is asked whether what was collected is the loss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from sympy import (
    Abs,
    Add,
    Expr,
    Indexed,
    IndexedBase,
    Integer,
    Mul,
    Pow,
    Rational,
    S,
    Symbol,
    apart,
    cancel,
    expand,
    factor,
)
from sympy import exp as sympy_exp
from sympy import log as sympy_log

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Declared, Hypothesis, Member
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import NONNEGATIVE, POSITIVE, Domain
from lossproof.kernel.facts import Facts
from lossproof.kernel.steps import Path
from lossproof.notation.inert import (
    MINUS_ONE,
    ONE,
    TWO,
    ZERO,
    absolute,
    add,
    exp,
    free,
    fresh,
    inverse,
    log,
    mul,
    neg,
    power,
    sub,
    substitute,
    symbols_in,
    walk,
)
from lossproof.notation.nodes import meaning
from lossproof.recovery.conversion import inert
from lossproof.recovery.levelling import Levelling, settings, values_of
from lossproof.recovery.question import Question, label
from lossproof.recovery.refutation import NotRefuted
from lossproof.recovery.sets import Interval, Set, Simplex, Vectors
from lossproof.recovery.text import Names
from lossproof.recovery.vanishing import (
    TO_ONE,
    Growing,
    Value,
    Vanishing,
    above,
    below,
    beyond,
    constants,
    observed,
    times,
)
from lossproof.rulebook import cases, sigmoids, sums
from lossproof.rulebook.absolute_values import TWICE_POSITIVE_PART
from lossproof.rulebook.algebra import LAWS
from lossproof.strategies.chain import Chain
from lossproof.strategies.matching import part_at, places
from lossproof.strategies.total_mass import as_written

#: How a search fails along a path: nothing is found, or ordinary SymPy cannot do what it is asked.
_FAILS = (LossproofError, ArithmeticError, ValueError, TypeError, RuntimeError)
#: The largest number of elements that a vector may have here.
MOST_ELEMENTS = 8

#: Which piece is at hand, and functions that are defined by others.
_SETTLING = (
    cases.ABSOLUTE_VALUE,
    cases.ABSOLUTE_VALUE_OF_NEGATIVE,
    cases.MAXIMUM_IS_FIRST,
    cases.MAXIMUM_IS_SECOND,
    cases.WHERE_IT_HOLDS,
    cases.WHERE_IT_FAILS,
    sigmoids.LOG_OF_SIGMOID_COMPLEMENT,
    sigmoids.LOG_OF_SIGMOID,
    sigmoids.SOFTPLUS,
)


def applies_to(question: Question) -> bool:
    """Whether there is a certificate that speaks of such target sets, and paths in such sets of predictions."""
    try:
        return next(_Search.of(question, NONNEGATIVE).paths(), None) is not None
    except NotRefuted:
        return False


def vanishing(question: Question) -> Vanishing | None:
    """A certificate that the total mass would have to vanish along a path, if one is found."""
    with suppress(NotRefuted):
        search = _Search.of(question, NONNEGATIVE)
        for path in search.paths():
            with suppress(*_FAILS):
                return search.vanishing(path)
    return None


def growing(question: Question) -> Growing | None:
    """A certificate that the total mass would have to grow from an end of the predictions, if one is found."""
    with suppress(NotRefuted):
        search = _Search.of(question, TO_ONE)
        for path in search.paths():
            with suppress(*_FAILS):
                return search.growing(path)
    return None


def levelling(question: Question) -> Levelling | None:
    """A certificate that far from the observation the loss is too large, if one is found."""
    with suppress(NotRefuted):
        values_of(question)
        search = _Search.of(question, NONNEGATIVE, "d")
        for upwards in (True, False):
            with suppress(*_FAILS):
                return search.levelling(upwards)
    return None


@dataclass(frozen=True)
class Parts:
    """A sum of terms that are not negative, and of numbers that may be."""

    terms: tuple[Expr, ...]
    numbers: tuple[Expr, ...]

    @property
    def sum(self) -> Expr:
        """The terms that are not negative."""
        return _sum(self.terms)


@dataclass(frozen=True)
class _Search:
    """The question, its loss written out, and ordinary SymPy in place of its symbols."""

    question: Question
    s: Symbol
    along: Domain
    written_out: Derivation

    @classmethod
    def of(cls, question: Question, along: Domain, letter: str = "s") -> _Search:
        observed(question)  # refuses what no certificate speaks of
        taken = frozenset(symbols_in(question.loss)) | constants(question)
        taken |= {label(question.y), *(label(f) for f, _ in question.predictions)}
        s = Symbol(letter, real=True)
        s = fresh(s, taken) if s.name in {t.name for t in taken} else s
        chain = Chain("loss-written-out", question.hypotheses, (), question.loss, "The loss written out")
        return cls(question, s, along, chain.exhaust(sums.WRITTEN_OUT).done())

    # -------------------------------------------------------------- ordinary SymPy

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """Where the observation, ``s`` and the constants lie."""
        return (observed(self.question), Declared(self.s, self.along), *self.question.constants)

    @cached_property
    def facts(self) -> Facts:
        """The hypotheses, ready to be asked."""
        return Facts(self.hypotheses)

    @cached_property
    def known(self) -> Mapping[Expr, Symbol]:
        """Ordinary symbols for those of the question and for the elements of its vectors."""
        y = self.question.y
        elements = {e for e in walk(self.written_out.rhs) if isinstance(e, Indexed) and e.base == y}
        every = {*constants(self.question), self.s, *elements, *((y,) if isinstance(y, Symbol) else ())}
        known = {}
        for e in every:
            called = f"{e.base.label}_{e.indices[0]}" if isinstance(e, Indexed) else e.name
            sign = {"positive": True} if self.facts.shows(e, POSITIVE) else {"real": True}
            sign = {"nonnegative": True} if e == self.s and self.along == NONNEGATIVE else sign
            known[e] = Symbol(called, **sign)
        return known

    def plain(self, e: Expr) -> Expr:
        """The expression as ordinary SymPy, expanded."""
        plain = (
            meaning(e)
            .xreplace(dict(self.known))
            .replace(
                lambda p: p.is_Pow and p.base.is_Pow and p.base.base.is_positive,
                lambda p: p.base.base ** cancel(p.base.exp * p.exp),
            )
        )
        plain = expand(plain)
        turned = {a: a.args[0].exp * sympy_log(a.args[0].base) for a in plain.atoms(sympy_log) if a.args[0].is_Pow}
        return expand(plain.xreplace(turned)) if turned else plain

    @cached_property
    def _names(self) -> tuple[Names, Mapping[Symbol, Expr]]:
        letters = {p: e if isinstance(e, Symbol) else Symbol(p.name, real=True) for e, p in self.known.items()}
        elements = {letters[p]: e for e, p in self.known.items() if not isinstance(e, Symbol)}
        predicted = {f.name: f for f, _ in self.question.predictions if isinstance(f, Symbol)}
        return Names(predicted | {p.name: letter for p, letter in letters.items()}, {}), elements

    def back(self, e: Expr) -> Expr:
        """The expression in the question's symbols, inert."""
        names, elements = self._names
        return substitute(inert(as_written(e), names), elements)

    # -------------------------------------------------------------- paths

    def paths(self) -> Iterator[tuple[Value, ...]]:
        """Values for all predictions: one moves along a path, the others stay where they are."""
        resting = [next(iter(self._resting(lives_in)), None) for _, lives_in in self.question.predictions]
        if None in resting:
            raise NotRefuted("the sets of predictions are of another kind")
        for k, (_, lives_in) in enumerate(self.question.predictions):
            for moving in self._moving(lives_in):
                values = (moving if j == k else value for j, value in enumerate(resting))
                yield tuple(
                    tuple(map(self.back, v)) if isinstance(v, tuple) else self.back(v) for v in values if v is not None
                )

    def _resting(self, lives_in: Set) -> Iterator[Value]:
        """A prediction that is not at an end."""
        match lives_in:
            case Interval(low, high):
                finite = [e.is_finite for e in (low, high)]
                yield (low + high) / 2 if all(finite) else low + 1 if finite[0] else high - 1 if finite[1] else S.Zero
            case Vectors(of, size) if _few(size):
                yield tuple(next(self._resting(of)) for _ in range(int(size)))
            case Simplex(size) if _few(size):
                yield (1 / size,) * int(size)

    def _moving(self, lives_in: Set) -> Iterator[Value]:
        """Paths to the ends of a set."""
        s = self.known[self.s]
        match lives_in:
            case Interval(low, high):
                yield from self._to_ends(low, high)
            case Vectors(of, size) if _few(size):
                rest = tuple(next(self._resting(of)) for _ in range(int(size)))
                for k in range(int(size)):
                    for e in self._moving(of):
                        yield (*rest[:k], e, *rest[k + 1 :])
            case Simplex(size) if _few(size) and size >= 2:
                small = (s if self.along == TO_ONE else sympy_exp(-s)) / size
                for one in (small, 1 - (size - 1) * small):
                    others = (expand((1 - one) / (size - 1)),) * (int(size) - 1)
                    for k in range(int(size)):
                        yield (*others[:k], one, *others[k:])

    def _to_ends(self, low: Expr, high: Expr) -> Iterator[Expr]:
        """To both ends of an interval, in as many ways as the loss suggests."""
        for size in self._to_infinity() if not (low.is_finite and high.is_finite) else ():
            if not low.is_finite:
                yield -size if not high.is_finite else high - size
            if not high.is_finite:
                yield size if not low.is_finite else low + size
        width = (high - low) / 2 if low.is_finite and high.is_finite else S.One
        for size in self._to_zero():
            if low.is_finite:
                yield low + width * size
            if high.is_finite:
                yield high - width * size

    def _to_infinity(self) -> Iterator[Expr]:
        """What grows without bound: from 0 or from 1, or, where ``s`` goes to 0, to 0 or 1 at ``s = 1``."""
        s = self.known[self.s]
        if self.along == TO_ONE:
            for k in self._rates(sympy_exp):
                yield -k * sympy_log(s)
            for k in self._rates(Pow):
                yield s**-k
            return
        yield s
        for k in self._rates(sympy_exp):
            yield k * sympy_log(1 + s)
        yield 1 + s
        for k in self._rates(Pow):
            yield (1 + s) ** k
        yield sympy_exp(s)

    def _to_zero(self) -> Iterator[Expr]:
        """What decreases to 0: from 1, or, where ``s`` goes to 0, with it."""
        s = self.known[self.s]
        if self.along == TO_ONE:
            for k in self._rates(Pow):
                yield s**k
            yield sympy_exp(s) - 1
            return
        yield sympy_exp(-s)
        for k in self._rates(Pow):
            yield (1 + s) ** -k

    def _rates(self, kind: type[Expr]) -> list[Expr]:
        """The rates or powers at which the loss depends on a prediction, each turned over."""
        found: dict[Expr, None] = {}
        names = {label(f) for f, _ in self.question.predictions}
        plain = meaning(self.written_out.rhs)
        for e in plain.atoms(kind):
            inside = e.args[0] if kind is sympy_exp else e.exp
            if kind is sympy_exp:
                rates = [inside.coeff(t) for t in inside.free_symbols if t in names]
            else:
                rates = [inside] if e.base.free_symbols & names else []
            for rate in rates:
                r = rate.xreplace(dict(self.known))
                if r != 0 and not r.free_symbols & names:
                    found[1 / r if not r.could_extract_minus_sign() else -1 / r] = None
        return list(dict.fromkeys([*found, S.One, S(2), Rational(1, 2)]))

    # -------------------------------------------------------------- the mass vanishes

    def vanishing(self, path: tuple[Value, ...]) -> Vanishing:
        """The certificate for a path.

        Raises:
            LossproofError: if there is none to be found.
        """
        first = self.plain(self._settled(self._at(path)).here)
        start = self._start(path)
        squared, groups = self._squared(self._groups(first))
        v = self.known[self.s]
        slope, own = groups.pop(v, S.Zero), groups.pop(S.One, S.Zero)
        rate = self._shown(slope, POSITIVE)
        if rate is None:
            raise NotRefuted("the loss does not grow like s")
        rest = self._bounded(groups)
        level = self._tidy(own + Add(*squared.numbers, *rest.numbers))
        difference = self._bounded(self._groups(expand(first - self.plain(self._settled(self._at(start)).here))))
        bound = self._tidy(-Add(*difference.numbers))
        along, at_start = self._at(path), self._at(start)
        return Vanishing(
            question=self.question,
            s=self.s,
            path=path,
            rate=rate,
            bound=bound,
            written_out=self.written_out,
            sums=self._sums(path, start),
            start=start,
            level=level,
            bounded=self._claim("bounded-below", above(along, at_start, bound), difference.sum),
            growing=self._claim("growing", beyond(along, rate, self.s, level), _sum((*squared.terms, *rest.terms))),
        )

    # -------------------------------------------------------------- the mass grows

    def growing(self, path: tuple[Value, ...]) -> Growing:
        """The certificate for a path.

        Raises:
            LossproofError: if there is none to be found.
        """
        s = self.known[self.s]
        groups = self._groups(self.plain(self._settled(self._at(path)).here))
        limit, slope = groups.pop(S.One, S.Zero), groups.pop(s, S.Zero)
        rate = self._shown(-slope, NONNEGATIVE)
        if rate is None or slope == 0:
            raise NotRefuted("the loss does not fall like s")
        powers = sorted(self._power(v) for v in groups)
        order = powers[0] if powers else S(2)
        factor_, bound, fall = S.Zero, S.Zero, -slope
        falling: list[Expr] = []
        near: list[Expr] = []
        bounded = [self._product(-slope, 1 - s)]
        for q in powers:
            coefficient = groups[s**q]
            if self._shown(-coefficient, NONNEGATIVE) is not None:
                falling.append(self._product(-coefficient, s**q))
                near.append(self._product(-coefficient, s * (1 - s ** (q - 1))))
                bounded.append(self._product(-coefficient, 1 - s**q))
                fall -= coefficient
                continue
            most = self._most(coefficient)
            factor_, bound = factor_ + most, bound + most
            if coefficient != most:
                falling.append(self._product(most - coefficient, s**q))
                bounded.append(self._product(most - coefficient, S.One))
            if q != order:
                falling.append(self._product(most, s**order * (1 - s ** (q - order))))
            near.append(self._product(coefficient, s**q))
            bounded.append(self._product(coefficient, s**q))
        along, at_one = self._at(path), self._at(tuple(map(self._end, path)))
        level, times = self._tidy(limit), self._tidy(factor_)
        beneath, number = self._tidy(fall), self._tidy(bound)
        rest = mul(times, power(self.s, order))
        return Growing(
            question=self.question,
            s=self.s,
            path=path,
            rate=rate,
            bound=number,
            written_out=self.written_out,
            sums=self._sums(path, tuple(map(self._end, path))),
            limit=level,
            fall=beneath,
            factor=times,
            order=order,
            bounded=self._claim("bounded-below", above(along, at_one, number), _sum(bounded)),
            near=self._claim("limit", beyond(along, neg(beneath), self.s, level), _sum(near)),
            falling=self._claim("falling", below(level, rate, self.s, rest, along), _sum(falling)),
        )

    def _end(self, value: Value) -> Value:
        """Where a path ends, at ``s = 1``."""
        if isinstance(value, tuple):
            return tuple(substitute(e, {self.s: ONE}) for e in value)
        return substitute(value, {self.s: ONE})

    def _power(self, v: Expr) -> Rational:
        """``q`` of ``s^q``, greater than 1."""
        base, q = v.as_base_exp()
        if base != self.known[self.s] or not isinstance(q, Rational) or q <= 1:
            raise NotRefuted(f"{v} is no higher power of s")
        return q

    def _most(self, e: Expr) -> Expr:
        """A number that an expression, which is not negative, does not exceed."""
        if not e.free_symbols & set(self._moving_symbols):
            return e
        most = self._end_of(self.back(e), up=True)
        if most is None:
            raise NotRefuted(f"{e} is not bounded")
        return most

    def _bounds(self, e: Expr, hypotheses: tuple[Hypothesis, ...]) -> tuple[Rational, Rational] | None:
        """Two numbers between which the kernel sees an expression."""
        least, most = (self._end_of(e, up=up, facts=Facts(hypotheses)) for up in (False, True))
        return None if least is None or most is None else (least, most)

    def _end_of(self, e: Expr, *, up: bool, facts: Facts | None = None) -> Rational | None:
        """An end of the smallest set in which the kernel sees an expression."""
        known = (facts or self.facts).domain_of(e)
        if known is None or not isinstance(known.claim, Member):
            return None
        end = known.claim.domain.high if up else known.claim.domain.low
        return Rational(end.numerator, end.denominator) if isinstance(end, (int, Fraction)) else None

    def _product(self, coefficient: Expr, v: Expr) -> Expr:
        """The product of two expressions, neither of which is negative.

        Raises:
            NotRefuted: if the kernel does not see that.
        """
        found = self._kept(coefficient, v)
        if found is None:
            raise NotRefuted(f"{coefficient * v} may be negative")
        return _sum((*found.terms, *map(self.back, found.numbers)))

    # -------------------------------------------------------------- the loss levels off

    def levelling(self, upwards: bool) -> Levelling:
        """The certificate for predictions above or below the observation.

        Raises:
            LossproofError: if there is none to be found.
        """
        q, s = self.question, self.known[self.s]
        alone, along, anywhere = settings(q, self.s)
        at_start = self.back(next(self._resting(q.prediction)))
        f = Symbol(label(q.f).name, real=True)
        y = self.known[label(q.y)]
        whole = meaning(q.loss).xreplace(dict(self.known))
        away = whole.subs(f, y + s if upwards else y - s)
        groups = self._groups(expand(apart(cancel(away), s) if away.is_rational_function(s) else away))
        level = groups.pop(S.One, S.Zero)
        if len(groups) != 1:
            raise NotRefuted("the loss does not go to a level")
        ((v, coefficient),) = groups.items()
        exponential = isinstance(v, sympy_exp)
        if not exponential and self._shown(-coefficient, POSITIVE) is not None:
            v, coefficient = 1 / expand(1 / (-coefficient * v)), S.NegativeOne
        grows = expand(-v.args[0] if exponential else 1 / v)
        square = grows.coeff(s, 2)
        rate, own = grows.coeff(s, 1) + 2 * square, grows.coeff(s, 0) - square
        gap = (f - y) if upwards else (y - f)
        resting = next(self._resting(q.prediction))
        shapes = [(self.back((level + coefficient * v).subs(s, size)), size) for size in (gap, Abs(gap))]
        shape, size = next((found for found in shapes if self._bounds(found[0], anywhere)), shapes[0])
        bounds = self._bounds(shape, anywhere)
        if bounds is None:
            raise NotRefuted("the loss is not bounded")
        (least, most), higher = bounds, self.back((-coefficient * v).subs(s, size.subs(f, resting)))
        first = substitute(shape, {q.f: at_start})
        m, b, e = self.back(level), self.back(-coefficient), self.back(grows)
        remainder = mul(b, exp(neg(e)) if exponential else inverse(e))
        loss_away = substitute(q.loss, {q.f: add(q.y, self.s if upwards else neg(self.s))})
        loss_first = substitute(q.loss, {q.f: at_start})
        a, rest = self.back(rate), self.back(own)

        def claim(name: str, known: tuple[Hypothesis, ...], start: Expr, end: Expr, domain: Domain) -> Derivation:
            chain = Chain(name, known, (), start)
            self._each(chain, Abs, self._fold_argument)
            chain.exhaust(*_SETTLING)
            return (chain if chain.here == end else chain.laws(end)).done(claim=domain)

        return Levelling(
            question=q,
            d=self.s,
            upwards=upwards,
            start=at_start,
            bound=most - least,
            level=m,
            factor=b,
            grows=e,
            exponential=exponential,
            rate=a,
            own=rest,
            bounded=claim(
                "bounded-below",
                anywhere,
                above(q.loss, loss_first, most - least),
                above(shape, first, most - least),
                NONNEGATIVE,
            ),
            near=claim("level", along, above(loss_away, m, remainder), ZERO, NONNEGATIVE),
            growing=claim(
                "growing",
                along,
                beyond(e, a, self.s, rest),
                ZERO if square == 0 else times(self.back(square), power(sub(self.s, ONE), TWO)),
                NONNEGATIVE,
            ),
            higher=claim("higher", alone, sub(m, loss_first), higher, POSITIVE),
        )

    def _at(self, values: Sequence[Value]) -> Expr:
        """The loss at values of the predictions."""
        put: dict[Expr | IndexedBase, Expr] = {}
        for value, (f, _) in zip(values, self.question.predictions, strict=True):
            put |= {f[k]: e for k, e in enumerate(value, start=1)} if isinstance(value, tuple) else {f: value}
        return substitute(self.written_out.rhs, put)

    def _start(self, path: tuple[Value, ...]) -> tuple[Value, ...]:
        """Where a path begins."""

        def at_zero(e: Expr) -> Expr:
            return self.back(self.plain(e).subs(self.known[self.s], 0))

        return tuple(tuple(map(at_zero, v)) if isinstance(v, tuple) else at_zero(v) for v in path)

    def _sums(self, *paths: tuple[Value, ...]) -> tuple[Derivation, ...]:
        """That shares add to 1."""
        shares = {v for p in paths for v, (_, where) in zip(p, self.question.predictions, strict=True)
                  if isinstance(where, Simplex) and isinstance(v, tuple)}  # fmt: skip
        return tuple(self._chain("shares", add(*v)).laws(ONE).done() for v in sorted(shares, key=str))

    # -------------------------------------------------------------- terms

    def _groups(self, e: Expr) -> dict[Expr, Expr]:
        """The coefficients of what contains ``s``."""
        groups: dict[Expr, Expr] = {}
        for term in Add.make_args(e):
            coefficient, v = term.as_independent(self.known[self.s], as_Add=False)
            groups[v] = groups.get(v, S.Zero) + coefficient
        return {v: c for v, c in groups.items() if c != 0}

    def _squared(self, groups: Mapping[Expr, Expr]) -> tuple[Parts, dict[Expr, Expr]]:
        """Squares ``q (b v / 2 q - 1)^2`` that take up terms ``-b v``, with the numbers ``-q``, and what is left.

        Half of the coefficient of the square of ``v`` is used.
        """
        s, left = self.known[self.s], dict(groups)
        terms: list[Expr] = []
        numbers: list[Expr] = []
        for v, coefficient in groups.items():
            square = expand(v**2)
            leading = next((w for w in Add.make_args(square) if s in w.free_symbols), S.One)
            if v == 1 or leading not in left or self._kept(coefficient, v) is not None:
                continue
            coefficient = Add(*(c for c in Add.make_args(coefficient) if self._kept(-c, v) is not None))
            q = cancel(coefficient**2 / (2 * left[leading]))
            if q == 0 or q.free_symbols & set(self._moving_symbols) or self._shown(q, POSITIVE) is None:
                continue
            inside = self.back(expand(-coefficient / (2 * q)) * v - 1)
            terms.append(mul(self.back(q), power(inside, TWO)))
            numbers.append(-q)
            left[v] -= coefficient
            for w, c in self._groups(expand(coefficient**2 / (4 * q) * square)).items():
                left[w] = left.get(w, S.Zero) - c
        return Parts(tuple(terms), tuple(numbers)), {v: c for v, c in left.items() if c != 0}

    def _bounded(self, groups: Mapping[Expr, Expr]) -> Parts:
        """Terms that are not negative, and numbers, with the same sum.

        Raises:
            NotRefuted: if none are found.
        """
        squared, groups = self._squared(groups)
        terms, numbers = list(squared.terms), list(squared.numbers)
        for v, coefficient in groups.items():
            found = self._kept(coefficient, v) or self._raised(coefficient, v)
            if found is None:
                raise NotRefuted(f"{coefficient * v} is not bounded from below")
            terms += found.terms
            numbers += found.numbers
        return Parts(tuple(terms), tuple(numbers))

    def _kept(self, coefficient: Expr, v: Expr) -> Parts | None:
        """A term that is not negative as it stands, if it is so."""
        if v == 1 and coefficient.is_number:
            return Parts((), (coefficient,))
        for sign in (1, -1):
            c = self._shown(sign * coefficient, NONNEGATIVE)
            w = self._shown(sign * v, NONNEGATIVE)
            if c is not None and w is not None:
                return Parts((w if c == ONE else c if w == ONE else mul(c, w),), ())
        return None

    def _raised(self, coefficient: Expr, v: Expr) -> Parts | None:
        """Every part of a term less its least value, and that."""
        terms: list[Expr] = []
        numbers: list[Expr] = []
        own, rest = coefficient.as_independent(*self._moving_symbols, as_Add=True)
        if v == 1 and (whole := self._shown(rest, NONNEGATIVE)) is not None:
            return Parts((whole,), (own,) if own != 0 else ())
        for part in Add.make_args(coefficient):
            number, g = part.as_independent(*self._moving_symbols, as_Add=False)
            if g * v == 1:
                numbers.append(number)
                continue
            size = self._shown(number, NONNEGATIVE)
            opposite = size is None
            size = size if size is not None else self._shown(-number, NONNEGATIVE)
            if size is None:
                return None
            inside = self.back(-g * v if opposite else g * v)
            least = self._end_of(inside, up=False)
            if least is None and opposite and isinstance(g, sympy_log) and v == 1:
                least = self._below_logarithm(g, terms, size)
                if least is None:
                    return None
                numbers.append(-number * least)
                continue
            if least is None:
                return None
            raised = inside if least == 0 else add(inside, -least)
            terms.append(raised if size == ONE else mul(size, raised))
            numbers.append((-number if opposite else number) * least)
        return Parts(tuple(terms), tuple(n for n in numbers if n != 0))

    def _below_logarithm(self, g: Expr, terms: list[Expr], size: Expr) -> Rational | None:
        """A number below ``-log u``, which is ``(u - log u - 1) + (most - u) + (1 - most)``."""
        u = self.back(g.args[0])
        most = self._end_of(u, up=True)
        if most is None:
            return None
        raised = add(sub(u, log(u)), MINUS_ONE), sub(most, u)
        terms += [e if size == ONE else mul(size, e) for e in raised]
        return 1 - most

    @cached_property
    def _moving_symbols(self) -> tuple[Symbol, ...]:
        fixed = constants(self.question)
        return tuple(p for e, p in self.known.items() if e not in fixed)

    def _shown(self, e: Expr, domain: Domain) -> Expr | None:
        """The expression, written so that the kernel sees that it lies in a set."""
        for form in dict.fromkeys((e, factor(e))):
            here = self.back(form)
            if self.facts.shows(here, domain):
                return here
        return None

    def _tidy(self, e: Expr) -> Expr:
        return self.back(expand(e))

    # -------------------------------------------------------------- derivations

    def _chain(self, name: str, start: Expr) -> Chain:
        return Chain(name, self.hypotheses, (), start)

    def _settled(self, e: Expr) -> Chain:
        return self._settle(self._chain("settled", e))

    def _settle(self, chain: Chain) -> Chain:
        """Choose the pieces at hand, and take what grows fastest out of logarithms of sums."""
        chain.exhaust(*_SETTLING)
        self._each(chain, Abs, self._split_absolute_value)
        self._each(chain, sympy_log, self._open_logarithm)
        self._each(chain, sympy_log, self._fold_logarithm)
        self._each(chain, sympy_log, self._take_leading_term_out)
        return chain

    def _each(self, chain: Chain, kind: type[Expr], rewrite: Callable[[Chain, list[Path], Expr], None]) -> None:
        """Rewrite every part of a kind, the outermost first, as far as it goes."""
        seen: set[Expr] = set()
        while found := next((e for _, e in places(chain.here) if isinstance(e, kind) and e not in seen), None):
            seen.add(found)
            with suppress(LossproofError):
                rewrite(chain, [path for path, e in places(chain.here) if e == found], found)

    def _split_absolute_value(self, chain: Chain, paths: list[Path], e: Expr) -> None:
        """``|g| = 2 max(g, 0) - g`` with the sign of ``g`` with which ``-g`` grows, or ``g`` is bounded from above."""
        for g in (e.args[0], neg(e.args[0])):
            far = self._far(self.plain(g)) if self.s in free(e) else None
            if self._end_of(g, up=True) is not None if far is None else far < 0:
                chain.at_places(LAWS, paths, to=sub(add(g, absolute(g)), g))
                chain.at_places(TWICE_POSITIVE_PART, [(*path, 0) for path in paths])
                return

    def _fold_argument(self, chain: Chain, paths: list[Path], e: Expr) -> None:
        value = self.back(self.plain(e.args[0]))
        if value != e.args[0]:
            chain.at_places(LAWS, [(*path, 0) for path in paths], to=value)

    def _open_logarithm(self, chain: Chain, paths: list[Path], e: Expr) -> None:
        """The logarithm of a product as a sum."""
        to = self._logarithm(e.args[0])
        if to != e:
            chain.at_places(LAWS, paths, to=to)

    def _logarithm(self, e: Expr) -> Expr:
        if isinstance(e, Mul) and all(self.facts.shows(a, POSITIVE) for a in e.args):
            return add(*map(self._logarithm, e.args))
        if isinstance(e, Pow) and self.facts.shows(e.base, POSITIVE):
            return mul(e.exp, self._logarithm(e.base))
        return log(e)

    def _fold_logarithm(self, chain: Chain, paths: list[Path], e: Expr) -> None:
        """A sum under a logarithm that is no sum when it is multiplied out."""
        value = self.plain(e.args[0])
        if isinstance(e.args[0], Add) and not isinstance(value, Add):
            chain.at_places(LAWS, [(*path, 0) for path in paths], to=self.back(value))

    def _take_leading_term_out(self, chain: Chain, paths: list[Path], e: Expr) -> None:
        """The logarithm of a sum of exponentials: the term that grows fastest comes out."""
        inside = self.plain(e.args[0])
        terms = Add.make_args(inside)
        far = (self.known[self.s],) if self.s in free(e) else self._moving_symbols
        leading = max(terms, key=lambda term: self._far(sympy_log(abs(term)), far))
        growing = any(isinstance(p, sympy_exp) for p in Mul.make_args(leading)) and leading.free_symbols & set(far)
        if len(terms) < 2 or not growing:
            return
        rest = expand(Add(*(term / leading for term in terms)))
        chain.at_places(LAWS, [(*path, 0) for path in paths], to=mul(self.back(leading), self.back(rest)))
        self._open_logarithm(chain, paths, part_at(chain.here, paths[0]))

    def _far(self, e: Expr, far: Sequence[Symbol] = ()) -> float:
        """The value far out along the path, or of other variables; not a number where there is none."""
        far = far or (self.known[self.s],)
        value = e.xreplace({p: Integer(200) if p in far else Rational(1, 3) for p in self.known.values()}).evalf()
        return float(value) if value.is_real else float("nan")

    def _claim(self, name: str, start: Expr, end: Expr) -> Derivation:
        """That an expression is equal to one that is not negative."""
        chain = self._settle(self._chain(name, start))
        if chain.here != end:
            chain.laws(end)
        return chain.done(claim=NONNEGATIVE)


def _few(size: Expr) -> bool:
    return isinstance(size, Integer) and 0 < size <= MOST_ELEMENTS


def _sum(terms: Sequence[Expr]) -> Expr:
    return ZERO if not terms else terms[0] if len(terms) == 1 else add(*terms)
