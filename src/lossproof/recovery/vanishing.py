"""Certificates that no density is behind a loss, for observations of which there are infinitely many.

Let ``Z(f) = int h(y) exp(-c l(f, y)) dy`` over the target set, with any ``h > 0`` (with respect to Lebesgue
measure or, for counts, the counting measure) and any ``c > 0``.  Suppose that ``Z`` is finite and the same
positive number for all predictions.  Two theorems contradict that.

*The mass vanishes.*  Let ``f(s)``, ``s >= 0``, be predictions, ``f_0`` a prediction, ``K`` a number, ``a(y) > 0``
and ``b(y)`` numbers such that for almost every ``y`` and every ``s >= 0``

    l(f(s), y) >= l(f_0, y) - K   and   l(f(s), y) >= a(y) s + b(y).

Then ``h exp(-c l(f(s), .))`` goes to 0 almost everywhere as ``s -> oo`` and is at most
``exp(c K) h exp(-c l(f_0, .))``, which is integrable.  By dominated convergence (Rudin 1987, Real and Complex
Analysis, theorem 1.34) ``Z(f(s)) -> 0``.

*The mass grows from an end.*  Let ``f(s)``, ``0 < s <= 1``, be predictions, ``K``, ``k`` and ``p > 1`` numbers,
``m(y)``, ``a(y) >= 0`` and ``b(y)`` numbers, ``a`` positive on a set that is not null, such that for almost
every ``y`` and every such ``s``

    m - b s <= l(f(s), y) <= m - a s + k s^p   and   l(f(s), y) >= l(f(1), y) - K.

Then ``l(f(s), .) -> m`` as ``s -> 0``, so ``int h exp(-c m) = Z`` by dominated convergence, and from
``exp(c a s) >= 1 + c a s`` comes ``exp(c k s^p) Z(f(s)) >= Z + c s int h exp(-c m) a``.  So the last integral,
which is positive, is at most ``Z (exp(c k s^p) - 1) / (c s)``, which goes to 0 with ``s``.

The inequalities are theorems of the kernel, each that a difference lies in ``[0, oo)``.

What this module knows: how such a certificate is checked.  What it does not know: how one is found.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeAlias

from sympy import Add, Expr, IndexedBase, Integer, Mul, Rational, S, Symbol, limit

from lossproof.kernel.conditions import Declared, Hypothesis, Range, symbols_of
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import NONNEGATIVE, POSITIVE, POSITIVE_COUNT, REAL, UNIT, Domain
from lossproof.kernel.facts import Facts
from lossproof.kernel.relations import Kind
from lossproof.notation.inert import ONE, ZERO, add, free, fresh, mul, neg, power, sub, substitute, symbols_in
from lossproof.notation.nodes import meaning
from lossproof.notation.plain import written
from lossproof.recovery.guessing import Guess, ratio, sorted_terms
from lossproof.recovery.question import Question, domain_of, label, name
from lossproof.recovery.refutation import NotRefuted
from lossproof.recovery.sets import POSITIVE as POSITIVE_NUMBERS
from lossproof.recovery.sets import Counts, Interval, Set, Simplex, Vectors

#: A value of a prediction: a number, or the entries of a vector.
Value: TypeAlias = Expr | tuple[Expr, ...]

#: The numbers from 0, excluded, to 1.
TO_ONE = Domain(Fraction(0), Fraction(1), False, True)


# ------------------------------------------------------------------ the two certificates


@dataclass(frozen=True)
class Certificate(ABC):
    """What both certificates are made of.

    Attributes:
        question: what is asked.
        s: the variable along the path.
        path: the value of each prediction, expressions in ``s``.
        rate: ``a(y)``.
        bound: ``K``.
        written_out: that the loss is an expression without sums over the elements of vectors.
        sums: that the entries of those values that are shares add to 1.
    """

    question: Question
    s: Symbol
    path: tuple[Value, ...]
    rate: Expr
    bound: Expr
    written_out: Derivation
    sums: tuple[Derivation, ...]

    #: Where ``s`` lies.
    along = NONNEGATIVE

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Check everything, from nothing.

        Raises:
            NotRefuted: naming what fails.
        """
        q = self.question
        taken = {*symbols_in(q.loss), *constants(q), *map(label, _variables(q))}
        if self.s != Symbol(self.s.name, real=True) or self.s.name in {t.name for t in taken}:
            raise NotRefuted(f"'{self.s}' is not a real variable of its own")
        if self.written_out.start != q.loss:
            raise NotRefuted("what is written out is not the loss")
        proved(self.written_out, q.hypotheses, constants(q) | set(map(label, _variables(q))))
        only(self.bound, constants(q))
        only(self.rate, constants(q) | {label(q.y)})
        self.check_path(self.path, {self.s})

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """What the inequalities may rest on: where the observation, ``s`` and the constants lie."""
        return (observed(self.question), Declared(self.s, self.along), *self.question.constants)

    @property
    def facts(self) -> Facts:
        """The hypotheses, ready to be asked."""
        return Facts(self.hypotheses)

    def check_path(self, values: Sequence[Value], variables: set[Symbol]) -> None:
        """That there is a value for each prediction, in its set."""
        q = self.question
        if len(values) != len(q.predictions):
            raise NotRefuted(f"{len(values)} values for {len(q.predictions)} predictions")
        for value, (_, lives_in) in zip(values, q.predictions, strict=True):
            for e in _entries(value):
                only(e, constants(q) | variables)
            if not self._inside(value, lives_in):
                raise NotRefuted(f"{_shown(value)} is not shown to lie in {lives_in}")

    def _inside(self, value: Value, lives_in: Set) -> bool:
        if isinstance(lives_in, Vectors) and isinstance(value, tuple):
            return len(value) == lives_in.size and all(self._inside(e, lives_in.of) for e in value)
        if isinstance(lives_in, Simplex) and isinstance(value, tuple):
            positive = all(self.facts.shows(e, POSITIVE) for e in value)
            whole = next((d for d in self.sums if d.start == add(*value) and d.rhs == ONE), None)
            if len(value) != lives_in.size or not positive or whole is None:
                return False
            proved(whole, self.hypotheses, constants(self.question) | {self.s})
            return True
        if isinstance(lives_in, Interval) and isinstance(value, Expr) and lives_in.domain is not None:
            return self.facts.shows(value, lives_in.domain)
        return False

    def loss_at(self, values: Sequence[Value]) -> Expr:
        """The loss with values put in for the predictions."""
        q = self.question
        put: dict[Any, Expr] = {}
        for value, (f, _) in zip(values, q.predictions, strict=True):
            if isinstance(f, IndexedBase):
                put |= {f[k]: e for k, e in enumerate(_entries(value), start=1)}
            else:
                put[f] = _entries(value)[0]
        loss = substitute(self.written_out.rhs, put)
        only(loss, constants(q) | {label(q.y), self.s})
        return loss

    def claimed(self, what: str, derivation: Derivation, start: Expr) -> None:
        """That a derivation proves that an expression is not negative."""
        if derivation.start != start or derivation.claim != NONNEGATIVE:
            raise NotRefuted(f"it is not derived that {what}")
        proved(derivation, self.hypotheses, constants(self.question) | {label(self.question.y), self.s})

    def check_number(self, e: Expr, domain: Domain = REAL) -> None:
        """That an expression is known to lie in a set."""
        if not self.facts.shows(e, domain):
            raise NotRefuted(f"{written(e)} is not shown to lie in {domain}")

    def named(self, values: Sequence[Value]) -> str:
        """The predictions and their values."""
        return ", ".join(
            f"{name(f)} = {_shown(v)}" for v, (f, _) in zip(values, self.question.predictions, strict=True)
        )

    @property
    def loss(self) -> str:
        """How the loss is written in words."""
        return f"l({', '.join([*(name(f) for f, _ in self.question.predictions), name(self.question.y)])})"

    def loss_of(self, values: Sequence[Value]) -> str:
        """The same at values of the predictions."""
        return f"l({', '.join([*map(_shown, values), name(self.question.y)])})"

    @property
    @abstractmethod
    def derivations(self) -> tuple[Derivation, ...]:
        """The theorems that it rests on."""

    @abstractmethod
    def lines(self) -> Iterator[str]:
        """The certificate in words, so that it can be checked by hand."""

    def to_json(self) -> dict[str, Any]:
        """Plain fields: the path and the bounds, the derivations, and the same in words."""
        return {
            "path": {name(f): _shown(v) for v, (f, _) in zip(self.path, self.question.predictions, strict=True)},
            "rate": written(self.rate),
            "bound": written(self.bound),
            "derivations": [json.loads(d.to_json()) for d in self.derivations],
            "lines": list(self.lines()),
        }


@dataclass(frozen=True)
class Vanishing(Certificate):
    """Along a path the loss grows without bound for every observation, and dominated convergence applies.

    Attributes:
        start: ``f_0``.
        level: ``b(y)``.
        bounded: ``l(f(s), y) - l(f_0, y) + K >= 0``.
        growing: ``l(f(s), y) - (a(y) s + b(y)) >= 0``.

    Raises:
        NotRefuted: if the certificate does not show that.
    """

    start: tuple[Value, ...]
    level: Expr
    bounded: Derivation
    growing: Derivation

    def check(self) -> None:
        """Check everything, from nothing.

        Raises:
            NotRefuted: naming what fails.
        """
        super().check()
        q, along = self.question, self.loss_at(self.path)
        self.check_path(self.start, set())
        only(self.level, constants(q) | {label(q.y)})
        self.check_number(self.rate, POSITIVE)
        self.check_number(self.level)
        self.check_number(self.bound)
        self.claimed("the loss is bounded from below", self.bounded, above(along, self.loss_at(self.start), self.bound))
        self.claimed("the loss grows", self.growing, beyond(along, self.rate, self.s, self.level))

    @property
    def derivations(self) -> tuple[Derivation, ...]:
        """The theorems that it rests on."""
        return (*((self.written_out,) if self.written_out.steps else ()), *self.sums, self.bounded, self.growing)

    def lines(self) -> Iterator[str]:
        """The certificate in words, so that it can be checked by hand."""
        growth, loss = plus(times(self.rate, self.s), self.level), self.loss
        start = self.loss_of(self.start)
        yield (
            f"for {self.named(self.path)}, {self.s} -> oo: {loss} >= {written(growth)}, without bound, and "
            f"{loss} >= {start}{less(self.bound)} for {self.s} >= 0; so Z(f) -> 0 by dominated convergence, "
            "whatever h and c are. The bounds:"
        )
        yield difference(written(sub(Symbol(loss), growth)), self.growing)
        yield difference(f"{loss} - {start}{more(self.bound)}", self.bounded)
        yield from self.remarks()

    def remarks(self) -> Iterator[str]:
        """What is not refuted: measures that have atoms where the loss stays bounded."""
        target, y = self.question.target, self.question.y
        if isinstance(target, Simplex):
            yield "This speaks of densities h: measures with mass at the edge of the shares are not refuted."
        if not isinstance(target, Interval):
            return
        rate, rest = meaning(self.rate), meaning(self.growing.rhs)
        ends = (e for e in (target.low, target.high) if e.is_finite and rate.subs(y, e) == 0)
        stays = [e for e in ends if limit(rest.subs(y, e), self.s, S.Infinity).is_finite]
        if stays:
            where = " or ".join(f"{name(y)} = {written(e)}" for e in stays)
            known = (
                " The compound Poisson-gamma law behind Tweedie losses has one." if _is_compound(self.question) else ""
            )
            yield f"This speaks of densities h: a measure with an atom at {where} is not refuted.{known}"

    def to_json(self) -> dict[str, Any]:
        """Plain fields: the path and the bounds, the derivations, and the same in words."""
        start = {name(f): _shown(v) for v, (f, _) in zip(self.start, self.question.predictions, strict=True)}
        kind = "a path along which the total mass goes to zero"
        return {"kind": kind, "start": start, "level": written(self.level), **super().to_json()}


@dataclass(frozen=True)
class Growing(Certificate):
    """From an end of the predictions the loss falls at once for every observation, so that the mass grows.

    Here ``s`` runs over ``(0, 1]``.

    Attributes:
        limit: ``m(y)``.
        fall: ``b(y)``.
        factor: ``k``.
        order: ``p``.
        bounded: ``l(f(s), y) - l(f(1), y) + K >= 0``.
        near: ``l(f(s), y) - (m(y) - b(y) s) >= 0``.
        falling: ``m(y) - a(y) s + k s^p - l(f(s), y) >= 0``.

    Raises:
        NotRefuted: if the certificate does not show that.
    """

    limit: Expr
    fall: Expr
    factor: Expr
    order: Rational
    bounded: Derivation
    near: Derivation
    falling: Derivation

    along = TO_ONE

    def check(self) -> None:
        """Check everything, from nothing.

        Raises:
            NotRefuted: naming what fails.
        """
        super().check()
        q, along, first = self.question, self.loss_at(self.path), self.loss_at(self.first)
        self.check_path(self.first, set())
        for e in (self.limit, self.fall):
            only(e, constants(q) | {label(q.y)})
            self.check_number(e)
        only(self.factor, constants(q))
        self.check_number(self.factor)
        self.check_number(self.bound)
        if not isinstance(self.order, Rational) or not self.order > 1:
            raise NotRefuted(f"the order {self.order} is not a fraction greater than 1")
        self.check_number(self.rate, NONNEGATIVE)
        if not Facts((_with_mass(q), *self.hypotheses[1:])).shows(self.rate, POSITIVE):
            raise NotRefuted(f"{written(self.rate)} is not shown to be positive where there is mass")
        self.claimed("the loss is bounded from below", self.bounded, above(along, first, self.bound))
        self.claimed("the loss has a limit", self.near, beyond(along, neg(self.fall), self.s, self.limit))
        self.claimed("the loss falls", self.falling, below(self.limit, self.rate, self.s, self.rest, along))

    @property
    def rest(self) -> Expr:
        """``k s^p``."""
        return mul(self.factor, power(self.s, self.order))

    @property
    def first(self) -> tuple[Value, ...]:
        """``f(1)``."""

        def at_one(e: Expr) -> Expr:
            return substitute(e, {self.s: ONE})

        return tuple(tuple(map(at_one, v)) if isinstance(v, tuple) else at_one(v) for v in self.path)

    @property
    def derivations(self) -> tuple[Derivation, ...]:
        """The theorems that it rests on."""
        written_out = (self.written_out,) if self.written_out.steps else ()
        return (*written_out, *self.sums, self.bounded, self.near, self.falling)

    def lines(self) -> Iterator[str]:
        """The certificate in words, so that it can be checked by hand."""
        s, loss, number = self.s, self.loss, name(self.question.y)
        rest = times(self.factor, power(s, self.order))
        fall = written(plus(sub(Symbol(f"m({number})"), times(self.rate, s)), rest))
        upper = plus(_less_of(self.limit, times(self.rate, s)), rest)
        first = f"l(f(1), {number})"
        yield (
            f"for {self.named(self.path)}, {s} -> 0 from above: {loss} -> m({number}) = {written(self.limit)}, and "
            f"{loss} >= {first}{less(self.bound)} for {s} <= 1; so the total mass of h exp(-c m) is Z as well, by "
            f"dominated convergence, whatever h and c are. But {loss} <= {fall}, so that Z exp(c r) >= Z + c A {s}, "
            f"where r = {written(rest)} and A > 0 is the total mass of a h exp(-c m), a = {written(self.rate)}: "
            f"impossible for small {s}. The bounds:"
        )
        yield difference(f"{written(upper)} - {loss}", self.falling)
        yield difference(written(sub(Symbol(loss), _less_of(self.limit, times(self.fall, s)))), self.near)
        yield difference(f"{loss} - {first}{more(self.bound)}", self.bounded)

    def to_json(self) -> dict[str, Any]:
        """Plain fields: the path and the bounds, the derivations, and the same in words."""
        kind = "a path from an end of the predictions along which the total mass grows"
        return {"kind": kind, "limit": written(self.limit), **super().to_json()}


# ------------------------------------------------------------------ what is compared


def above(along: Expr, start: Expr, bound: Expr) -> Expr:
    """``l(f(s), y) - l(f_0, y) + K``."""
    return add(sub(along, start), bound)


def beyond(along: Expr, rate: Expr, s: Symbol, level: Expr) -> Expr:
    """``l(f(s), y) - (a(y) s + b(y))``."""
    return sub(along, add(mul(rate, s), level))


def below(limit: Expr, rate: Expr, s: Symbol, rest: Expr, along: Expr) -> Expr:
    """``m(y) - a(y) s + k s^p - l(f(s), y)``."""
    return sub(add(sub(limit, mul(rate, s)), rest), along)


# ------------------------------------------------------------------ the sets


def constants(question: Question) -> frozenset[Symbol]:
    """The symbols that are none of the observation and the predictions."""
    declared = frozenset(c.term for c in question.constants if isinstance(c.term, Symbol))
    return (free(question.loss) | declared | question.sizes) - set(map(label, _variables(question)))


def _variables(question: Question) -> tuple[Symbol | IndexedBase, ...]:
    return (question.y, *(f for f, _ in question.predictions))


def observed(question: Question) -> Declared:
    """Where almost every observation lies: not at the ends of an interval, nor at the edge of the shares.

    Raises:
        NotRefuted: if the target set is of another kind.
    """
    target, y = question.target, question.y
    if isinstance(target, (Interval, Counts)) and isinstance(y, Symbol):
        return Declared(y, _interior(target))
    if isinstance(y, IndexedBase) and isinstance(target, (Simplex, Vectors)):
        k, taken = Symbol("k", integer=True), frozenset(symbols_in(question.loss)) | question.sizes | {label(y)}
        k = fresh(k, taken) if k.name in {t.name for t in taken} else k
        each = Range(k, ONE, target.size)
        if isinstance(target, Simplex) and isinstance(target.size, Integer) and target.size >= 2:
            return Declared(y[k], UNIT, (each,))
        if isinstance(target, Vectors) and isinstance(target.of, (Interval, Counts)):
            return Declared(y[k], _interior(target.of), (each,))
    raise NotRefuted(f"{target} is no interval, nor counts, nor shares of two classes or more")


def _with_mass(question: Question) -> Declared:
    """A part of the target set that is not null: of counts, those from 1."""
    said = observed(question)
    if isinstance(question.target, Counts):
        return Declared(said.term, POSITIVE_COUNT)
    return said


def _interior(target: Interval | Counts) -> Domain:
    domain = domain_of(target)
    return domain if isinstance(target, Counts) else replace(domain, low_closed=False, high_closed=False)


# ------------------------------------------------------------------ what the checker asks of a derivation


def proved(
    derivation: Derivation, hypotheses: tuple[Hypothesis, ...], symbols: frozenset[Symbol] | set[Symbol]
) -> None:
    """That it is an equation under these hypotheses, and rests on nothing that is said of other symbols."""
    if type(derivation) is not Derivation or derivation.hypotheses != hypotheses or derivation.parameters:
        raise NotRefuted("a derivation rests on other hypotheses")
    theorem = derivation.theorem
    if theorem.relation.kind is not Kind.EQUAL:
        raise NotRefuted("a derivation is no chain of equations")
    if not all(symbols_of(h) <= symbols for h in theorem.hypotheses):
        raise NotRefuted("a derivation rests on what is said of other symbols")


def only(e: Expr, symbols: frozenset[Symbol] | set[Symbol]) -> None:
    """That no other symbols occur."""
    other = free(e) - symbols
    if other:
        raise NotRefuted(f"{written(e)} contains '{min(map(str, other))}'")


def _entries(value: Value) -> tuple[Expr, ...]:
    return value if isinstance(value, tuple) else (value,)


def _shown(value: Value) -> str:
    return f"({', '.join(map(written, value))})" if isinstance(value, tuple) else written(value)


def difference(text: str, derivation: Derivation, sign: str = " >= 0") -> str:
    """A line that says what a difference is."""
    value = written(derivation.rhs)
    return f"{text} = {value}{'' if value == '0' else sign}"


def plus(a: Expr, b: Expr) -> Expr:
    """The sum as one would write it."""
    terms = [e for c in (a, b) if c != ZERO for e in (c.args if isinstance(c, Add) else (c,))]
    return add(*terms) if len(terms) > 1 else terms[0] if terms else ZERO


def _less_of(a: Expr, b: Expr) -> Expr:
    return neg(b) if a == ZERO else sub(a, b)


def times(a: Expr, b: Expr) -> Expr:
    """The product as one would write it."""
    return ZERO if a == ZERO else b if a == ONE else mul(*a.args, b) if isinstance(a, Mul) else mul(a, b)


def less(bound: Expr) -> str:
    """A number that is taken away, as it follows another."""
    return "" if bound == ZERO else written(sub(Symbol("l"), bound)).removeprefix("l")


def more(bound: Expr) -> str:
    """A number that is added, as it follows another."""
    return "" if bound == ZERO else written(add(Symbol("l"), bound)).removeprefix("l")


def _is_compound(question: Question) -> bool:
    """Whether the loss is that of an exponential dispersion model with variance ``mu^p``, ``1 < p < 2`` (a guess).

    Jorgensen (1987), Exponential dispersion models, section 4: it is then a compound Poisson-gamma law.
    """
    numbers = all(isinstance(f, Symbol) for f, _ in question.predictions)
    split = sorted_terms(question, ONE) if numbers else None
    if split is None or (question.target, len(question.predictions)) != (POSITIVE_NUMBERS, 1):
        return False
    level, _, eta = split
    f = next(iter(eta.free_symbols & Guess.of(question).predictions))
    mean = ratio(-level.diff(f), eta.diff(f))
    p = ratio(ratio(mean.diff(f), -eta.diff(f)).diff(f) / ratio(mean.diff(f), -eta.diff(f)), ratio(mean.diff(f), mean))
    return bool(p.is_number and p.is_real and 1 < p < 2)
