"""A loss as ordinary SymPy, to guess from: symbols carry what their sets say, so that more cancels.

Nothing here is believed: what is guessed is proved by the kernel or dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Add, Expr, S, Symbol, cancel, expand, powsimp

from lossproof.kernel.domains import POSITIVE
from lossproof.notation.inert import free, fresh
from lossproof.notation.nodes import meaning
from lossproof.recovery.conversion import inert
from lossproof.recovery.question import Question, label
from lossproof.recovery.text import Names


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


def sorted_terms(guess: Guess, loss: Expr) -> tuple[Expr, Expr, Expr] | None:
    """``A(f)``, ``B(y)`` and ``eta(f)`` of a loss ``A(f) + B(y) + eta(f) y``, or None if it is not of that form."""
    level, own, eta = S.Zero, S.Zero, S.Zero
    for term in Add.make_args(expand(loss, log=True, power_base=False, power_exp=False)):
        if guess.y not in term.free_symbols:
            level += term
        elif not term.free_symbols & guess.predictions:
            own += term
        else:
            eta += term / guess.y
    return None if guess.y in eta.free_symbols or eta == 0 else (level, own, eta)


def distance(question: Question) -> Symbol:
    t = Symbol("t", real=True)
    taken = free(question.loss) | {label(f) for f, _ in question.predictions}
    return fresh(t, taken) if t.name in {s.name for s in taken} else t


def ratio(top: Expr, bottom: Expr) -> Expr:
    """A quotient in which common factors are cancelled."""
    return powsimp(cancel(powsimp(expand(top / bottom)))) if bottom != 0 else S.NaN
