"""From an expression to the form to be computed, by rules, led by the error analysis.

A best-first search: the form that is predicted to lose the fewest bits is rewritten next, at every part of
it, by every move.  What is found is a derivation: each step is a rule that the kernel has applied and whose
conditions it has shown, so that the search needs no trust.  The work is bounded and the same on every run.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count

from sympy import Expr

from lossproof.errors import RuleDoesNotApply, SideConditionError, UnsupportedExpression
from lossproof.kernel.conditions import Declared, Hypothesis
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import REAL, Domain
from lossproof.kernel.facts import Facts
from lossproof.kernel.steps import Path, Place, Step, apply
from lossproof.notation.nodes import Named
from lossproof.stability.analysis import Analysis, Evaluation, analysed, cost, operations
from lossproof.stability.moves import Proposal, by_name, proposals
from lossproof.stability.operations import is_input
from lossproof.stability.points import Points, spread
from lossproof.strategies.matching import part_at, places

#: How many points lead the search, and how many judge its result.
LEADING, JUDGING = 220, 900
#: How many forms are rewritten at most, and how many are looked at.
MOST_REWRITTEN, MOST_SEEN = 60, 1500
#: After how many more forms that are no better the search is content with one that is good.
CONTENT_AFTER = 8
PATIENCE = 25
#: How many bits a move must gain on average to be as promising as the form before it.
DELAY = 0.5


@dataclass(frozen=True)
class Stable:
    """A form that keeps its digits, and how it follows.

    Attributes:
        derivation: from the expression to the form, replayed by the kernel.
        before: what is predicted of the expression as it was.
        after: what is predicted of the form.
    """

    derivation: Derivation
    before: Analysis
    after: Analysis

    @property
    def form(self) -> Expr:
        """What is to be computed."""
        return self.derivation.rhs


@dataclass(order=True)
class _Reached:
    """A form that was reached."""

    priority: float
    number: int
    rank: tuple[float, ...] = field(compare=False)
    depth: int = field(compare=False)
    form: Expr = field(compare=False)
    steps: tuple[Step, ...] = field(compare=False)
    analysis: Analysis = field(compare=False)


def stabilise(
    start: Expr,
    hypotheses: Iterable[Hypothesis],
    variables: Iterable[Expr],
    *,
    name: str,
    title: str = "",
) -> Stable:
    """The form of an expression that is to be computed.

    Args:
        start: an expression in symbols, made of operations that computers have.
        hypotheses: what is declared of them.
        variables: the symbols whose values may be any doubles in their domains; the others are of moderate size.
        name: of the derivation.
        title: of the derivation, in words.

    Raises:
        UnsupportedExpression: if it has parts that no program computes in one go.
        LossproofError: if no doubles that satisfy the hypotheses are found.
    """
    return _stabilised(start, tuple(hypotheses), tuple(variables), name, title)


@lru_cache(maxsize=256)
def _stabilised(
    start: Expr, hypotheses: tuple[Hypothesis, ...], variables: tuple[Expr, ...], name: str, title: str
) -> Stable:
    search = Search(start, hypotheses, variables)
    best = search.best()
    derivation = Derivation(name, hypotheses, (), start, best.steps, title)
    _ = derivation.theorem
    judge = Evaluation(inputs(start, hypotheses, variables, JUDGING))
    judge.truth(best.form)
    judge.equal(start, best.form)
    return Stable(derivation, analysed(start, judge), analysed(best.form, judge))


def inputs(start: Expr, hypotheses: tuple[Hypothesis, ...], variables: tuple[Expr, ...], most: int) -> Points:
    """Values of everything that is put into an expression."""
    leaves = sorted({part for part in operations(start) if is_input(part)}, key=str)
    facts = Facts(hypotheses)
    return spread({leaf: _domain(facts, leaf) for leaf in leaves}, variables, most)


def _domain(facts: Facts, e: Expr) -> Domain:
    known = facts.domain_of(e)
    if known is None:
        raise UnsupportedExpression(f"{e}, of which nothing is declared", "the error analysis")
    domain = known.claim.domain
    return domain if isinstance(domain, Domain) else REAL


class Search:
    """A best-first search for the form with the smallest predicted error."""

    def __init__(self, start: Expr, hypotheses: tuple[Hypothesis, ...], variables: tuple[Expr, ...]) -> None:
        self.facts = Facts(hypotheses)
        self.evaluation = Evaluation(inputs(start, hypotheses, variables, LEADING))
        self._numbers = count()
        self.seen: set[Expr] = {start}
        self.open: list[_Reached] = [self._reached(start, (), 0)]
        self.rewritten = 0

    def _reached(self, form: Expr, steps: tuple[Step, ...], depth: int) -> _Reached:
        analysis = analysed(form, self.evaluation)
        price = cost(form) + 4 * analysis.bits
        rank = (round(analysis.excess, 1), round(price + len(steps) / 4, 3))
        priority = analysis.excess + DELAY * depth + price / 50
        return _Reached(priority, next(self._numbers), rank, depth, form, steps, analysis)

    def best(self) -> _Reached:
        """The best form that was reached."""
        best, idle = self.open[0], 0
        while self.open and self.rewritten < MOST_REWRITTEN and len(self.seen) < MOST_SEEN:
            here = heapq.heappop(self.open)
            self.rewritten += 1
            idle += 1
            for found in self._rewritten(here):
                heapq.heappush(self.open, found)
                if found.rank < best.rank:
                    best, idle = found, 0
            if idle > (CONTENT_AFTER if best.rank[0] == 0 else PATIENCE):
                break
        return best

    def _rewritten(self, here: _Reached) -> Iterator[_Reached]:
        for path, part in places(here.form):
            for proposal in proposals(part):
                steps = self._granted(here, path, proposal)
                if steps is None or steps[-1].after in self.seen:
                    continue
                found = self._new(here, path, steps)
                if found is not None:
                    yield found
                named = self._named(path, steps)
                if len(named) > len(steps) and named[-1].after not in self.seen:
                    found = self._new(here, path, named)
                    if found is not None:
                        yield found

    def _granted(self, here: _Reached, path: Path, proposal: Proposal) -> tuple[Step, ...] | None:
        """The steps of a proposal, if the kernel grants them."""
        form, steps = here.form, list(here.steps)
        try:
            for rule, below, given in proposal:
                place = Place((*path, *below), tuple(sorted(given.items())))
                step = apply(rule, (place,), form, self.facts)
                steps.append(step)
                form = step.after
        except (RuleDoesNotApply, SideConditionError, UnsupportedExpression):
            return None
        return tuple(steps)

    def _named(self, path: Path, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """The steps, and then the names of all functions of libraries that have come about below a path."""
        while True:
            form = steps[-1].after
            for below, part in places(part_at(form, path)):
                named = None if isinstance(part, Named) else next(by_name(part), None)
                if named is not None:
                    break
            else:
                return steps
            try:
                for rule, deeper, given in named:
                    place = Place((*path, *below, *deeper), tuple(sorted(given.items())))
                    steps = (*steps, apply(rule, (place,), steps[-1].after, self.facts))
            except (RuleDoesNotApply, SideConditionError, UnsupportedExpression):
                return steps

    def _new(self, here: _Reached, path: Path, steps: tuple[Step, ...]) -> _Reached | None:
        """A form that was not seen before."""
        form = steps[-1].after
        self.seen.add(form)
        for depth in range(len(path) + 1):
            try:
                self.evaluation.equal(part_at(form, path[:depth]), part_at(here.form, path[:depth]))
            except UnsupportedExpression:
                return None
        try:
            return self._reached(form, steps, here.depth + 1)
        except UnsupportedExpression:
            return None


def declared(stable: Stable) -> Iterator[Declared]:
    """What is declared of the symbols of a form."""
    yield from (h for h in stable.derivation.hypotheses if isinstance(h, Declared))
