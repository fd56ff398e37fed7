"""A loss as ordinary SymPy, to guess from: symbols carry what their sets say, so that more cancels.

Nothing here is believed: what is guessed is proved by the kernel or dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sympy import Add, Expr, Mul, S, Symbol, cancel, expand, powsimp
from sympy import exp as sympy_exp

from lossproof.kernel.domains import POSITIVE
from lossproof.notation.inert import ONE, ZERO, add, exp, free, fresh, mul, neg, walk
from lossproof.notation.nodes import Where, meaning
from lossproof.recovery.conversion import inert
from lossproof.recovery.findings import mentions_prediction
from lossproof.recovery.question import Question, label
from lossproof.recovery.text import Names
from lossproof.strategies.total_mass import as_written


@dataclass(frozen=True)
class Guess:
    """Ordinary SymPy in place of the question's symbols, each with the assumptions that its set gives it."""

    known: tuple[tuple[Symbol, Symbol], ...]
    y: Symbol
    predictions: frozenset[Symbol]

    @classmethod
    def of(cls, question: Question) -> Guess:
        sets = {label(f): s for f, s in question.predictions} | {label(question.y): question.target}
        known = {}
        for s in (*free(question.loss), *sets, distance(question)):
            domain = getattr(sets.get(s), "domain", None)
            domains = [c.domain for c in question.constants if c.term == s] + ([domain] if domain else [])
            positive = s.is_positive or any(d.within(POSITIVE) for d in domains)
            known[s] = Symbol(s.name, positive=True) if positive else Symbol(s.name, real=True)
        return cls(
            tuple(known.items()),
            known[label(question.y)],
            frozenset(known[label(f)] for f, _ in question.predictions),
        )

    def plain(self, s: Symbol) -> Symbol:
        """The symbol in its place."""
        return dict(self.known)[s]

    def of_expression(self, e: Expr) -> Expr:
        """The expression as ordinary SymPy."""
        return meaning(e).subs(dict(self.known))

    def back(self, e: Expr) -> Expr:
        """The expression in the question's symbols, inert."""
        names = Names({s.name: s for s, _ in self.known}, {})
        return inert(e, names)


def sorted_terms(question: Question, scale: Expr) -> tuple[Expr, Expr, Expr] | None:
    """``A(f)``, ``B(y)`` and ``eta(f)`` of a loss ``c l = A(f) + B(y) + eta(f) y``, or None if it is not of that form.

    ``A`` and ``eta`` are guesses; ``B`` is inert, and what stands in the loss without a prediction stays as it stands.
    """
    guess = Guess.of(question)
    factor = guess.of_expression(scale)
    terms, alone = _apart(question)
    own = [term if scale == ONE else mul(scale, term) for term in alone]
    mixed = factor * Add(*map(guess.of_expression, terms))
    level, eta = S.Zero, S.Zero
    for term in Add.make_args(expand(mixed, log=True, power_base=False, power_exp=False)):
        if guess.y not in term.free_symbols:
            level += term
        elif not term.free_symbols & guess.predictions:
            own.append(guess.back(term))
        else:
            eta += term / guess.y
    if guess.y in eta.free_symbols or eta == 0:
        return None
    return level, _sum(own), eta


def own_terms(question: Question) -> tuple[Expr, Expr]:
    """The terms of the loss in which a prediction occurs, and the others, as they stand; 0 if there are none."""
    mixed, own = _apart(question)
    return _sum(mixed), _sum(own)


def _apart(question: Question) -> tuple[list[Expr], list[Expr]]:
    mixed: list[Expr] = []
    own: list[Expr] = []
    for term in _terms(question.loss):
        (mixed if mentions_prediction(question, term) else own).append(term)
    return mixed, own


def _sum(terms: list[Expr]) -> Expr:
    return add(*terms) if len(terms) > 1 else terms[0] if terms else ZERO


def _terms(e: Expr) -> Iterator[Expr]:
    """The terms of a sum, as they stand; those of a negated sum negated."""
    if isinstance(e, Add):
        for a in e.args:
            yield from _terms(a)
    elif isinstance(e, Mul) and len(e.args) == 2 and e.args[0] == -1 and isinstance(e.args[1], Add):
        yield from map(neg, _terms(e.args[1]))
    else:
        yield e


def distance(question: Question) -> Symbol:
    """A variable for the distance of the observation from the centre."""
    t = Symbol("t", real=True)
    taken = free(question.loss) | {label(f) for f, _ in question.predictions}
    return fresh(t, taken) if t.name in {s.name for s in taken} else t


def with_own(question: Question, base: Expr, own: Expr) -> Expr:
    """A base measure that takes back the part ``B(y)`` of the loss: ``h(y) exp(B(y))``, inert."""
    guess = Guess.of(question)
    if own == ZERO:
        return guess.back(as_written(powsimp(base)))
    if not any(isinstance(e, Where) for e in walk(own)):
        return guess.back(as_written(powsimp(base * sympy_exp(expand(guess.of_expression(own))))))
    return exp(own) if base == 1 else mul(guess.back(as_written(powsimp(base))), exp(own))


def ratio(top: Expr, bottom: Expr) -> Expr:
    """A quotient in which common factors are cancelled."""
    return powsimp(cancel(powsimp(expand(top / bottom)))) if bottom != 0 else S.NaN
